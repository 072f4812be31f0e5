/** Lockfiles, kept tables, and the locations and names that indexes have. */
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { packageUrl } from '../src/cache/package-url.js';
import { formatLockfile } from '../src/lockfile/build-lockfile.js';
import { lockfile } from '../src/lockfile/lockfile.test.fixture.js';
import { lockedPackages, lockedProofs, readLockfile } from '../src/lockfile/read-lockfile.js';
import { nameGlob } from '../src/name-glob.js';
import { decodeTable, encodeTable, type TableFormat } from '../src/table/stored-table.js';

const lock: FuzzTarget = {
  name: 'lockfile',
  inputs: 40_000,
  seeds: [Buffer.from(formatLockfile(lockfile()))],
  words: [
    ...['{', '}', '[', ']', ',', '"', ':', 'null', '1e999', '-0', '\\ud800', '"__proto__":{},', '[[[[[[[['],
    ...['"image"', '"chroot"', '{"a":', '\ufeff'],
  ],
  made: (seed) => {
    const [json = ''] = fc.sample(fc.json({ maxDepth: 6 }), { seed, numRuns: 1 });
    return Buffer.from(json);
  },
  codes: ['LOCK_INVALID'],
  read(input) {
    const document = readLockfile(input.toString('utf8'), 'the lockfile');
    return [lockedPackages(document, 'image'), lockedPackages(document, 'chroot'), lockedProofs(document)];
  },
};

const FORMAT: TableFormat = { magic: 'fuzz-1\n', version: 1, sections: 4 };
const sections = [
  Buffer.from('some text'),
  Uint32Array.from([1, 2, 3]),
  Float64Array.from([1.5]),
  new Uint32Array(),
];

const table: FuzzTarget = {
  name: 'kept table',
  inputs: 40_000,
  seeds: [encodeTable(FORMAT, sections)],
  codes: [],
  // The digest tells damage, not malice: with it put right, sections must still lie inside what was kept.
  repair: (input) => {
    if (input.length >= 40) createHash('sha256').update(input.subarray(40)).digest().copy(input, 8);
    return input;
  },
  read(input) {
    const stored = decodeTable(FORMAT, input);
    return stored && [stored.bytes(0), stored.words(1), stored.numbers(2), stored.words(3)];
  },
};

const location: FuzzTarget = {
  name: 'location of a package',
  inputs: 50_000,
  seeds: ['pool/main/b/bash/bash_5.2.15-2+b7_amd64.deb', './Packages/a/a%2f-1:2-3.rpm'].map((text) =>
    Buffer.from(text),
  ),
  words: ['../', '/..', './', '//', '%2e%2e/', '\\', '?', '#', 'https://', 'file:', '\0', '@', ':', '\ud83d'],
  codes: ['REPOSITORY_INVALID', 'LOCATION_ESCAPES'],
  read(input) {
    const base = 'https://user:secret@example.org/debian';
    const url = packageUrl({ location: input.toString('utf8') }, { name: 'test', url: base });
    const { href } = new URL(url);
    if (!href.startsWith(`${base}/`) || /[?#]/.test(href.slice(base.length)))
      throw new Error(`it leads to ${href}`);
    return url;
  },
};

const seen = nameGlob(['lib*-dev', 'linux-*-*-amd64', '*a*b*c*', '[a-z]?*', 'bash']);

const name: FuzzTarget = {
  name: 'name against globs',
  inputs: 30_000,
  seeds: ['linux-image-6.1-amd64', 'libssl-dev', 'bash', 'a-b-c'].map((text) => Buffer.from(text)),
  words: ['-', 'a', 'linux-', 'lib', '*', '\n'],
  codes: [],
  read: (input) => seen(input.toString('latin1')),
};

const run = fuzzRun(process.env);

it.each([lock, table, location, name])('$name', async (target) => {
  console.log(await runFuzz(target, run));
});
