import { existsSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem, type Tree } from './image-fixture.test.helper.js';
import { configureKeyboard, consoleKeymap } from './keyboard.js';
import { configureLocale, enableInLocaleGen, normalizedLocale } from './locale.js';
import { configureTimezone } from './timezone.js';

const ZONES: Tree = {
  'usr/share/zoneinfo/UTC': 'TZif2',
  'usr/share/zoneinfo/Europe/Berlin': 'TZif2',
  'usr/share/zoneinfo/Europe/Busingen': '-> Berlin',
  'usr/share/zoneinfo/tzdata.zi': '# text',
};
const DEBIAN_13: Tree = {
  'usr/lib/tmpfiles.d/debian.conf': 'L+ /etc/default/locale - - -  -  ../locale.conf\n',
};
const LOCALES: Tree = {
  'usr/share/i18n/SUPPORTED': 'de_DE.UTF-8 UTF-8\nde_DE ISO-8859-1\nen_US.UTF-8 UTF-8\n',
  'etc/locale.gen': '# This file\n# de_DE.UTF-8 UTF-8\n# de_DE ISO-8859-1\n',
};
const text = (rootfs: string, path: string) => readFileSync(join(rootfs, path), 'utf8');

describe('configureTimezone', () => {
  it.each(['Europe/Berlin', 'Europe/Busingen', 'UTC'])('links %s', async (timezone) => {
    const { image, rootfs } = makeSystem({
      tree: { ...ZONES, 'etc/localtime': '-> /old' },
      system: { timezone },
    });
    await configureTimezone(image);
    expect(readlinkSync(join(rootfs, 'etc/localtime'))).toBe(`../usr/share/zoneinfo/${timezone}`);
    expect(text(rootfs, 'etc/timezone')).toBe(`${timezone}\n`);
  });

  it('needs no zone files for UTC, and no /etc/timezone outside Debian', async () => {
    const tree = { 'etc/localtime': '-> ../usr/share/zoneinfo/Etc/UTC' };
    const { image, rootfs } = makeSystem({ tree, family: 'rpm' });
    await configureTimezone(image);
    expect(existsSync(join(rootfs, 'etc/timezone'))).toBe(false);
    expect(() => readlinkSync(join(rootfs, 'etc/localtime'))).toThrow('ENOENT');
  });

  const unknown: [timezone: string, tree: Tree, hint: string][] = [
    ['Europe/Berln', ZONES, 'Europe/Berlin'],
    ['Europe', ZONES, 'Area/City'],
    ['tzdata.zi', ZONES, 'Area/City'],
    ['../../../etc/passwd', ZONES, 'Area/City'],
    ['Europe/Berlin', {}, 'tzdata'],
  ];
  it.each(unknown)('refuses %s', async (timezone, tree, hint) => {
    const { image } = makeSystem({ tree, system: { timezone } });
    await expect(configureTimezone(image)).rejects.toMatchObject({
      code: 'TIMEZONE_UNKNOWN',
      fault: 'request',
      hint: expect.stringContaining(hint),
    });
  });
});

describe('configureLocale', () => {
  it.each(['C.UTF-8', 'C.utf8', 'C', 'POSIX'])('asks nothing for %s', async (locale) => {
    const { image, rootfs, calls } = makeSystem({ system: { locale } });
    await configureLocale(image);
    expect(calls).toEqual([]);
    expect(text(rootfs, 'etc/default/locale')).toBe(`LANG=${locale}\n`);
    expect(existsSync(join(rootfs, 'etc/locale.conf'))).toBe(false);
  });

  it('links the old name on Debian 13', async () => {
    const { image, rootfs } = makeSystem({ tree: DEBIAN_13 });
    await configureLocale(image);
    expect(text(rootfs, 'etc/locale.conf')).toBe('LANG=C.UTF-8\n');
    expect(readlinkSync(join(rootfs, 'etc/default/locale'))).toBe('../locale.conf');
  });

  it('writes locale.conf alone for RPM', async () => {
    const { image, rootfs } = makeSystem({ family: 'rpm' });
    await configureLocale(image);
    expect(text(rootfs, 'etc/locale.conf')).toBe('LANG=C.UTF-8\n');
    expect(existsSync(join(rootfs, 'etc/default/locale'))).toBe(false);
  });

  it('generates a locale that can be', async () => {
    const { image, rootfs, calls } = makeSystem({ tree: LOCALES, system: { locale: 'de_DE.utf8' } });
    await configureLocale(image);
    expect(calls.map(({ program }) => program)).toEqual(['locale', 'locale-gen']);
    expect(text(rootfs, 'etc/locale.gen')).toBe('# This file\nde_DE.UTF-8 UTF-8\n# de_DE ISO-8859-1\n');
  });

  it('does not generate what is there', async () => {
    const answer = () => 'C\nC.utf8\nPOSIX\nde_DE.utf8\n';
    const { image, calls } = makeSystem({ tree: LOCALES, system: { locale: 'de_DE.UTF-8' }, answer });
    await configureLocale(image);
    expect(calls.map(({ program }) => program)).toEqual(['locale']);
  });

  const unknown: [locale: string, tree: Tree, family: 'deb' | 'rpm', hint: string][] = [
    ['de_DE.UTF-8', {}, 'deb', 'the package locales'],
    ['de_DE.UTF-8', {}, 'rpm', 'glibc-all-langpacks'],
    ['de_ED.UTF-8', LOCALES, 'deb', 'de_DE.UTF-8'],
    ['klingon', LOCALES, 'deb', 'language_TERRITORY'],
  ];
  it.each(unknown)('refuses %s over %j (%s)', async (locale, tree, family, hint) => {
    const { image } = makeSystem({ tree, system: { locale }, family });
    await expect(configureLocale(image)).rejects.toMatchObject({
      code: 'LOCALE_UNKNOWN',
      fault: 'request',
      hint: expect.stringContaining(hint),
    });
  });

  it.each([
    ['en_US.UTF-8', 'en_US.utf8'],
    ['de_DE.ISO-8859-15@euro', 'de_DE.iso885915@euro'],
    ['de_DE@euro', 'de_DE@euro'],
    ['C', 'C'],
  ])('%s is %s to glibc', (name, normalized) => {
    expect(normalizedLocale(name)).toBe(normalized);
  });

  it('adds a line that locale.gen lacks, once', () => {
    expect(enableInLocaleGen('# a\n', 'b B')).toBe('# a\nb B\n');
    expect(enableInLocaleGen('# a\nb B\n', 'b B')).toBe('# a\nb B\n');
    expect(enableInLocaleGen('', 'b B')).toBe('b B\n');
  });
});

describe('configureKeyboard', () => {
  const MAP =
    '# comment\nsg\tch pc105 de_nodeadkeys x\nuk\tgb pc105 - x\nde-latin1\tde pc105 - x\nus-intl\tus pc105 intl x\nus\tus pc105 - x\n';

  it.each([
    ['gb', undefined, 'uk'],
    ['us', 'intl', 'us-intl'],
    ['us', 'unheard', 'us'],
    ['ch', undefined, 'sg'],
    ['xx', undefined, 'xx'],
  ])('layout %s, variant %s is the keymap %s', (layout, variant, keymap) => {
    expect(consoleKeymap(MAP, { layout, variant })).toBe(keymap);
  });

  it('writes both files on Debian 12', async () => {
    const tree = {
      'usr/share/systemd/kbd-model-map': MAP,
      'etc/default/keyboard': '# own\nXKBLAYOUT="us"\n',
    };
    const keyboard = { layout: 'gb', model: 'pc104', options: 'ctrl:nocaps' };
    const { image, rootfs } = makeSystem({ tree, system: { keyboard } });
    await configureKeyboard(image);
    expect(text(rootfs, 'etc/default/keyboard')).toBe(
      '# own\nXKBLAYOUT=gb\nXKBMODEL=pc104\nXKBVARIANT=""\nXKBOPTIONS=ctrl:nocaps\nBACKSPACE=guess\n',
    );
    expect(text(rootfs, 'etc/vconsole.conf')).toContain('KEYMAP=uk\n');
  });

  it('links one to the other on Debian 13', async () => {
    const { image, rootfs } = makeSystem({ tree: DEBIAN_13 });
    await configureKeyboard(image);
    expect(readlinkSync(join(rootfs, 'etc/vconsole.conf'))).toBe('default/keyboard');
  });

  it('writes vconsole.conf alone for RPM', async () => {
    const { image, rootfs } = makeSystem({ family: 'rpm' });
    await configureKeyboard(image);
    expect(existsSync(join(rootfs, 'etc/default/keyboard'))).toBe(false);
    expect(text(rootfs, 'etc/vconsole.conf')).toContain('KEYMAP=us\n');
  });
});
