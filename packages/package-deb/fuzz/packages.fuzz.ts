/** Binary packages of the deb family, whole: ar, control archive, control file, data archive. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { readAr, readTar } from '@ic/utils';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { readDeb, readDebData } from '../src/debfile.js';
import { makeDeb } from '../src/testing/deb.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-fuzz-deb-'));
const { path } = makeDeb(folder, {
  name: 'test',
  version: '1:2.3-4',
  control: ['Depends: libc6 (>= 2.36)', 'Multi-Arch: same'],
  controlFiles: { md5sums: 'd41d8cd98f00b204e9800998ecf8427e  etc/x\n', postinst: '#!/bin/sh\nexit 0\n' },
  files: [
    { path: 'etc', type: 'directory' },
    { path: 'etc/x', data: 'content' },
    { path: 'etc/y', type: 'symlink', linkTarget: 'x' },
    { path: 'etc/z', type: 'hardlink', linkTarget: './etc/x' },
  ],
});
const plain = readFileSync(path);
rmSync(folder, { recursive: true });

/** The same package with gzip inside. */
function compressed(deb: Buffer): Buffer {
  const members = readAr(deb).map(({ name, data }) => {
    const isTar = name.endsWith('.tar');
    const body = isTar ? gzipSync(data) : Buffer.from(data);
    const header = `${(isTar ? `${name}.gz` : name).padEnd(16)}0           0     0     100644  ${String(body.length).padEnd(10)}\`\n`;
    return Buffer.concat([Buffer.from(header), body, Buffer.alloc(body.length % 2, '\n')]);
  });
  return Buffer.concat([Buffer.from('!<arch>\n'), ...members]);
}

/** Of the tar archives of an uncompressed package, where readers of it find them. */
function repairChecksums(deb: Buffer): Buffer {
  for (let at = 0; at + 512 <= deb.length; at += 2) {
    if (deb.toString('latin1', at + 257, at + 262) !== 'ustar') continue;
    deb.fill(0x20, at + 148, at + 156);
    const sum = deb.subarray(at, at + 512).reduce((total, byte) => total + byte, 0);
    deb.write(`${sum.toString(8).padStart(6, '0')}\0 `, at + 148, 'latin1');
  }
  return deb;
}

const deb: FuzzTarget = {
  name: 'deb',
  inputs: 50_000,
  seeds: [plain, compressed(plain)],
  words: [
    ...[
      'debian-binary   ',
      'control.tar     ',
      'control.tar.gz  ',
      'data.tar        ',
      '_extra          ',
      '`\n',
    ],
    ...['2.0\n', '3.0\n', './control', '../', 'Package: x\n', '\n\n', 'ustar\x0000'],
  ],
  repair: repairChecksums,
  codes: ['PACKAGE_INVALID', 'MEMBER_ESCAPES'],
  async read(input) {
    const read = await readDeb(input);
    const data = await readDebData(read, { maxBytes: 1024 * 1024 });
    if (data !== read.dataTar.bytes && data.length > 1024 * 1024)
      throw new Error(`${data.length} bytes came out`);
    const files = [...read.controlFiles.keys()];
    if (files.some((name) => name.includes('/') || name === '..'))
      throw new Error(`the control files ${files}`);
    return [read.control.fields, files, read.dataTar.format, data.length];
  },
};

/** What the data archive of a package is to those who unpack it. */
const dataTar: FuzzTarget = {
  name: 'data archive of a deb',
  inputs: 30_000,
  seeds: [readAr(plain)[2]?.data ?? Buffer.alloc(0)],
  words: ['../', './', '/', 'ustar\x0000', '\0', 'etc'],
  repair: repairChecksums,
  codes: ['ARCHIVE_INVALID', 'ARCHIVE_ESCAPES'],
  read: (input) =>
    Array.from(readTar(input), ({ path: name, linkTarget, type }) => {
      const names = type === 'hardlink' ? [name, linkTarget] : [name];
      if (names.some((one) => one.startsWith('/') || one.split('/').includes('..')))
        throw new Error(`${names}`);
      return names;
    }),
};

const run = fuzzRun(process.env);

it.each([deb, dataTar])('$name', async (target) => {
  console.log(await runFuzz(target, run));
});
