import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { defaultContext, exec, readTar } from '@ic/utils';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readDeb, readDebData } from './debfile.js';
import { verifyPackages } from './verify.js';

const CONTROL =
  'Package: test\nVersion: 1:1.0-1\nArchitecture: all\nMaintainer: T <t@example.org>\nDescription: test\n more\n';

describe.skipIf(!existsSync('/usr/bin/dpkg-deb'))('packages made by dpkg-deb', () => {
  let folder: string;
  const debs = new Map<string, Buffer>();

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-deb-'));
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'DEBIAN'), { recursive: true });
    await writeFile(join(tree, 'DEBIAN/control'), CONTROL);
    await writeFile(join(tree, 'DEBIAN/postinst'), '#!/bin/sh\n');
    await chmod(join(tree, 'DEBIAN/postinst'), 0o755);
    await writeFile(join(tree, 'file'), 'content');
    for (const compression of ['gzip', 'xz', 'zstd', 'none']) {
      const path = join(folder, `${compression}.deb`);
      await exec('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '--build', tree, path]);
      debs.set(compression, await readFile(path));
    }
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
  const deb = (compression = 'gzip') => debs.get(compression) ?? Buffer.alloc(0);

  it.each([
    ['gzip', 'gz'],
    ['xz', 'xz'],
    ['zstd', 'zstd'],
    ['none', 'none'],
  ])('%s', async (compression, format) => {
    const read = await readDeb(deb(compression));
    expect(read.control.get('version')).toBe('1:1.0-1');
    expect(read.control.fields.map(({ name }) => name)).toEqual([
      'Package',
      'Version',
      'Architecture',
      'Maintainer',
      'Description',
    ]);
    expect([...read.controlFiles.keys()].sort()).toEqual(['control', 'postinst']);
    expect((read.controlFiles.get('postinst')?.mode ?? 0) & 0o777).toBe(0o755);
    expect(read.dataTar.format).toBe(format);
    const tar = await readDebData(read, { maxBytes: 1_000_000 });
    expect([...readTar(tar)].map((entry) => entry.path)).toEqual(['', 'file']);
    if (format !== 'none') {
      await expect(readDebData(read, { maxBytes: 100 })).rejects.toMatchObject({
        code: 'DECOMPRESSION_LIMIT',
      });
    }
  });

  it('damaged or foreign files are refused, never misread', async () => {
    const whole = deb();
    const replaced = (from: string, to: string) => {
      const bytes = Buffer.from(whole);
      bytes.write(to, bytes.indexOf(from), 'latin1');
      return bytes;
    };
    for (const bytes of [
      Buffer.alloc(0),
      Buffer.from('<html>'),
      whole.subarray(0, 100),
      whole.subarray(0, whole.length - 10),
      replaced('debian-binary', 'debian-bynary'),
      replaced('2.0\n', '3.0\n'),
      replaced('control.tar', 'cantrol.tar'),
      replaced('data.tar', 'date.tar'),
    ]) {
      await expect(readDeb(bytes)).rejects.toMatchObject({ code: 'PACKAGE_INVALID' });
    }
  });

  it('members that begin with an underscore are passed over', async () => {
    const member = Buffer.from(`${'_extra'.padEnd(16)}${'0'.padEnd(32)}${'2'.padEnd(10)}\`\nhi`);
    const at = deb().indexOf('control.tar');
    const bytes = Buffer.concat([deb().subarray(0, at), member, deb().subarray(at)]);
    expect((await readDeb(bytes)).control.get('Package')).toBe('test');
  });

  it('whatever bytes change, the outcome is a package or PACKAGE_INVALID', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(deb().length - 1), fc.nat(255), async (at, value) => {
        const bytes = Buffer.from(deb());
        bytes[at] = value;
        const outcome = await readDeb(bytes).catch((error) => error);
        if (outcome instanceof Error) {
          expect((outcome as { code?: string }).code).toMatch(
            /^(PACKAGE_INVALID|MEMBER_ESCAPES|DECOMPRESSION_LIMIT)$/,
          );
        }
      }),
      { numRuns: 200 },
    );
  });

  describe('verifyPackages', () => {
    const fetched = (overrides: Partial<FetchedPackage> = {}): FetchedPackage => ({
      name: 'test',
      version: '1:1.0-1',
      architecture: 'all',
      repository: 'debian',
      location: 'pool/test.deb',
      size: 1,
      sha256: '',
      installedSize: 0,
      path: join(folder, 'gzip.deb'),
      ...overrides,
    });

    it('accepts what the index says', async () => {
      await expect(verifyPackages([fetched()], 2, defaultContext())).resolves.toBeUndefined();
    });

    it.each([
      ['Package', { name: 'sudo' }, '"test", not "sudo"'],
      ['Version', { version: '1.0-1' }, '"1:1.0-1", not "1.0-1"'],
      ['Architecture', { architecture: 'amd64' }, '"all", not "amd64"'],
    ] as const)('refuses another %s', async (_field, overrides, message) => {
      await expect(
        verifyPackages([fetched(), fetched(overrides)], 2, defaultContext()),
      ).rejects.toMatchObject({
        code: 'PACKAGE_SWAPPED',
        message: expect.stringContaining(message),
      });
    });
  });
});
