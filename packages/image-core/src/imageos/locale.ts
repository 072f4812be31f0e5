import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import { usesSystemdLinks } from './debian-links.js';
import type { ImageSystem } from './image-system.js';
import { readText, writeLink, writeText } from './root-files.js';
import { runInRoot } from './run-in-root.js';
import { setVariables } from './shell-variables.js';

const SUPPORTED = '/usr/share/i18n/SUPPORTED';
const LOCALE_GEN = '/etc/locale.gen';
/** Part of the C library since glibc 2.35; Debian's libc-bin brings C.UTF-8 in any case. */
const BUILT_IN = new Set(['C', 'POSIX', 'C.utf8']);

/**
 * Makes the locale the system's LANG (locale.conf(5)) and generates it when it is not there yet.
 *
 * @throws ImageError LOCALE_UNKNOWN with near names, or with the package that could bring it; IMAGE_FAILED
 */
export async function configureLocale(system: ImageSystem): Promise<void> {
  const { locale } = system.config.system;
  if (!BUILT_IN.has(normalizedLocale(locale)) && !(await isInstalled(system, locale))) {
    await generate(system, locale);
  }
  const { rootfs } = system;
  // Debian moved the file between 12 (/etc/default/locale) and 13 (/etc/locale.conf, the old name a link to it).
  const isMoved = await usesSystemdLinks(rootfs);
  const path = system.config.target.family === 'deb' && !isMoved ? '/etc/default/locale' : '/etc/locale.conf';
  await writeText(rootfs, path, setVariables((await readText(rootfs, path)) ?? '', { LANG: locale }));
  if (isMoved) await writeLink(rootfs, '/etc/default/locale', '../locale.conf');
}

/** The spelling of `locale -a`: code set in lower case without punctuation, as glibc compares them. Pure. */
export function normalizedLocale(name: string): string {
  return name.replace(
    /\.([^@]*)/,
    (_, codeset: string) => `.${codeset.toLowerCase().replace(/[^a-z0-9]/g, '')}`,
  );
}

/** Turns one line of locale.gen on, or adds it. Pure. */
export function enableInLocaleGen(text: string, line: string): string {
  const lines = text.split('\n');
  const at = lines.findIndex((candidate) => candidate.replace(/^[#\s]+/, '').trim() === line);
  if (at >= 0) lines[at] = line;
  else lines.splice(lines.at(-1) === '' ? -1 : lines.length, 0, line);
  const joined = lines.join('\n');
  return joined.endsWith('\n') ? joined : `${joined}\n`;
}

async function isInstalled(system: ImageSystem, locale: string): Promise<boolean> {
  const command = { program: 'locale', args: ['-a'] };
  const { stdout } = await runInRoot(system, command, 'listing the locales of the image');
  const wanted = normalizedLocale(locale);
  return stdout.split('\n').some((line) => normalizedLocale(line.trim()) === wanted);
}

async function generate(system: ImageSystem, locale: string): Promise<void> {
  const supported = await readText(system.rootfs, SUPPORTED);
  if (supported === undefined) {
    const name =
      system.config.target.family === 'deb' ? 'locales' : 'glibc-locales-all (or glibc-all-langpacks)';
    throw unknownLocale(locale, `add the package ${name} to systemConfig.packages, or use C.UTF-8`);
  }
  const lines = supported.split('\n').filter((line) => /^[a-z]/i.test(line));
  const wanted = normalizedLocale(locale);
  const line = lines.find((candidate) => normalizedLocale(candidate.split(' ')[0] ?? '') === wanted);
  if (line === undefined) {
    const near = nearest(locale, new Set(lines.map((candidate) => candidate.split(' ')[0] ?? '')));
    throw unknownLocale(
      locale,
      near.length > 0
        ? `did you mean ${near.join(', ')}?`
        : 'write language_TERRITORY.UTF-8, as in de_DE.UTF-8',
    );
  }
  const before = (await readText(system.rootfs, LOCALE_GEN)) ?? '';
  await writeText(system.rootfs, LOCALE_GEN, enableInLocaleGen(before, line.trim()));
  const command = { program: 'locale-gen', args: [], source: 'locale-gen' };
  await runInRoot(system, command, `generating the locale ${locale}`);
}

function unknownLocale(locale: string, hint: string): ImageError {
  return new ImageError(
    'LOCALE_UNKNOWN',
    `the locale "${locale}" is not in the image and cannot be generated`,
    {
      fault: 'request',
      hint,
      details: { locale },
    },
  );
}
