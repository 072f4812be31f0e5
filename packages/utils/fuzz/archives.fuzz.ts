/** Archives: what every package is wrapped in. Names that would leave the root are never given on. */
import fc from 'fast-check';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { readAr } from '../src/archives/ar.js';
import { readCpio, writeCpio } from '../src/archives/cpio.js';
import { readTar } from '../src/archives/tar.js';
import { paxRecord, type RawEntry, rawTar } from '../src/archives/tar.test.fixture.js';

const sample =
  <T>(arbitrary: fc.Arbitrary<T>, encode: (value: T) => Uint8Array) =>
  (seed: number) =>
    Buffer.concat(fc.sample(arbitrary, { seed, numRuns: 1 }).map(encode));

/** A component of a path, likely one that means something. */
const component = fc.oneof(
  fc.constantFrom('..', '.', '', 'etc', 'passwd', 'a', '...', '\\', '\u0000', '\u0001', 'ä'),
  fc.string({ maxLength: 12 }),
);
const path = fc.array(component, { maxLength: 5 }).map((parts) => parts.join('/'));
const bytes = fc.uint8Array({ maxLength: 40 });

function arMember([name, size, data]: readonly [string, string, Uint8Array]): Buffer {
  const header = `${name.padEnd(16)}${'0'.padEnd(12)}0     0     100644  ${size.padEnd(10)}\`\n`;
  return Buffer.concat([Buffer.from(header, 'latin1'), data, Buffer.alloc(data.length % 2, '\n')]);
}

function ar(members: readonly (readonly [string, Uint8Array])[]): Buffer {
  const encoded = members.map(([name, data]) => arMember([name, String(data.length), data]));
  return Buffer.concat([Buffer.from('!<arch>\n'), ...encoded]);
}

const text = (value: string) => Buffer.from(value);

const arTarget: FuzzTarget = {
  name: 'ar',
  inputs: 100_000,
  seeds: [
    ar([
      ['debian-binary', text('2.0\n')],
      ['control.tar.xz', text('control')],
      ['data.tar.xz', text('data of the package')],
    ]),
    ar([
      ['/', text('symbols!')],
      ['//', text('a-name-longer-than-sixteen.o/\nanother-long-name.o/\n')],
      ['/0', text('first')],
      ['/30', text('second')],
      ['short/', text('third')],
    ]),
  ],
  words: ['!<arch>\n', '`\n', '//              ', '/0              ', '/SYM64/', '../x/', ' ', '\n', '\0'],
  made: sample(fc.array(fc.tuple(path, fc.nat(60).map(String), bytes), { maxLength: 5 }), (members) =>
    Buffer.concat([text('!<arch>\n'), ...members.map(arMember)]),
  ),
  codes: ['ARCHIVE_INVALID', 'ARCHIVE_ESCAPES'],
  read(input) {
    return readAr(input).map(({ name, offset, size, data }) => {
      if (name === '..' || name === '.' || /[/\0]/.test(name)) throw new Error(`the name ${name}`);
      if (Buffer.compare(data, input.subarray(offset, offset + size)) !== 0)
        throw new Error(`the data of ${name}`);
      return [name, offset, size];
    });
  },
};

/** Makes the checksums of a tar right, header by header. */
function repairTar(input: Buffer): Buffer {
  for (let at = 0; at + 512 <= input.length; ) {
    const header = input.subarray(at, at + 512);
    if (header.every((byte) => byte === 0)) break;
    header.fill(0x20, 148, 156);
    const sum = header.reduce((total, byte) => total + byte, 0);
    header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
    const size = Number.parseInt(header.toString('latin1', 124, 136), 8) || 0;
    at += 512 + Math.ceil(size / 512) * 512;
  }
  return input;
}

const field = fc.oneof(
  fc.constantFrom('0', '644', '77777777777', '-1', ' 12 ', '\x80', '\xff', '8', ''),
  fc.string({ maxLength: 12 }),
);
const paxKey = fc.constantFrom(
  ...['path', 'linkpath', 'size', 'mtime', 'uid', 'gid', 'SCHILY.xattr.user.x', 'GNU.sparse.major', 'x'],
);
const tarEntry: fc.Arbitrary<RawEntry> = fc.oneof(
  fc.record(
    {
      name: path.map((name) => text(name).subarray(0, 100)),
      flag: fc.constantFrom('0', '1', '2', '3', '4', '5', '6', '7', 'L', 'K', 'S', '\0', 'V'),
      mode: field.map((value) => value.slice(0, 8)),
      uid: field.map((value) => text(value).subarray(0, 8)),
      size: field.map((value) => text(value).subarray(0, 12)),
      mtime: field.map((value) => text(value).subarray(0, 12)),
      link: path.map((name) => name.slice(0, 30)),
      prefix: path.map((name) => name.slice(0, 30)),
      data: bytes.map((data) => Buffer.from(data)),
    },
    { requiredKeys: ['name', 'flag', 'data'] },
  ),
  fc
    .tuple(
      fc.constantFrom('x', 'g'),
      fc.array(fc.tuple(paxKey, fc.oneof(path, field, fc.nat().map(String))), { maxLength: 4 }),
    )
    .map(([flag, records]) => ({
      name: 'pax',
      flag,
      data: Buffer.concat(records.map(([key, value]) => paxRecord(key, value))),
    })),
);

const tarTarget: FuzzTarget = {
  name: 'tar',
  inputs: 120_000,
  seeds: [
    rawTar(
      { name: './', flag: '5', mode: '755' },
      { name: './etc/', flag: '5', mode: '755' },
      { name: './etc/hosts', data: '127.0.0.1 localhost\n', mtime: '14371573100' },
      { name: './etc/link', flag: '2', link: 'hosts' },
      { name: './etc/hard', flag: '1', link: './etc/hosts' },
      { name: './dev/null', flag: '3', major: '1', minor: '3' },
    ),
    rawTar(
      { name: './@LongLink', flag: 'L', data: `./${'long/'.repeat(30)}name\0` },
      { name: './long', data: 'x' },
      { name: 'pax', flag: 'x', data: Buffer.concat([paxRecord('path', 'ä/ö'), paxRecord('mtime', '1.5')]) },
      { name: 'short', data: 'content' },
      { name: 'pax', flag: 'g', data: paxRecord('uid', '1000') },
      {
        name: 'x',
        data: paxRecord('SCHILY.xattr.security.capability', Buffer.from([1, 0, 0, 2])),
        flag: 'x',
      },
      { name: 'ping', data: '\x7fELF', uid: Buffer.from([0x80, 0, 0, 0, 0, 0, 0, 1]) },
    ),
  ],
  words: [
    ...['ustar\x0000', 'ustar  \0', '../', '/', './', '/../..', '\0', '20 path=../../x\n', '9 size=0\n'],
    ...['12 uid=\n', 'GNU.sparse.', 'SCHILY.xattr.', '=', '\n', ' '],
    Buffer.alloc(512),
    Buffer.from([0x80]),
    Buffer.from([0xff, 0xff, 0xff, 0xff]),
  ],
  made: sample(fc.array(tarEntry, { maxLength: 5 }), (entries) => rawTar(...entries)),
  repair: repairTar,
  codes: ['ARCHIVE_INVALID', 'ARCHIVE_ESCAPES'],
  read(input) {
    return Array.from(readTar(input), ({ data, ...entry }) => {
      checkPath(entry.path);
      if (entry.type === 'hardlink') checkPath(entry.linkTarget);
      const numbers = [entry.mode, entry.uid, entry.gid, entry.size, entry.deviceMajor, entry.deviceMinor];
      if (
        !numbers.every((number) => Number.isSafeInteger(number) && number >= 0) ||
        data.length !== entry.size
      )
        throw new Error(`the numbers ${numbers}`);
      return entry;
    });
  },
};

function checkPath(name: string): void {
  const parts = name.split('/');
  const isSound = name === '' || parts.every((part) => part !== '' && part !== '.' && part !== '..');
  if (!isSound || name.includes('\0')) throw new Error(`the name ${JSON.stringify(name)} is given on`);
}

const cpioHeader = fc.array(fc.oneof(fc.nat(200), fc.nat(0xffffffff)), { minLength: 13, maxLength: 13 });

const cpioTarget: FuzzTarget = {
  name: 'cpio',
  inputs: 100_000,
  seeds: [
    writeCpio([
      { path: '', mode: 0o040755 },
      { path: 'init', mode: 0o100755, data: text('#!/bin/sh\n') },
      { path: 'lib', mode: 0o120777, data: text('usr/lib') },
      { path: 'dev/console', mode: 0o020600, deviceMajor: 5, deviceMinor: 1 },
    ]),
  ],
  words: ['070701', '070702', '07070X', '00000000', 'ffffffff', 'TRAILER!!!\0', '../', '/', './', '\0'],
  made: sample(fc.array(fc.tuple(cpioHeader, path, bytes), { maxLength: 5 }), (members) =>
    Buffer.concat(
      members.map(([numbers, name, data]) => {
        const fields = numbers.with(11, Buffer.byteLength(name) + 1).with(6, data.length);
        const hex = fields.map((number) => number.toString(16).padStart(8, '0')).join('');
        const head = text(`070701${hex}${name}\0`);
        const pad = (length: number) => Buffer.alloc(-length & 3);
        return Buffer.concat([head, pad(head.length), data, pad(data.length)]);
      }),
    ),
  ),
  codes: ['ARCHIVE_INVALID', 'ARCHIVE_ESCAPES'],
  read(input) {
    return Array.from(readCpio(input), ({ data, ...entry }) => {
      checkPath(entry.path);
      return { ...entry, bytes: data.length };
    });
  },
};

const run = fuzzRun(process.env);

it.each([arTarget, tarTarget, cpioTarget])('$name', async (target) => {
  console.log(await runFuzz(target, run));
});
