/** Binary packages of the rpm family: lead, both headers, digests, signatures, payload. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { writeCpio } from '@ic/utils';
import fc from 'fast-check';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { checkDigests } from '../src/rpmfile/digests.js';
import { readPayload, readPayloadFiles } from '../src/rpmfile/payload.js';
import { type RpmFile, readRpm } from '../src/rpmfile/rpm-file.js';
import { checkSignature } from '../src/rpmfile/signatures.js';
import { SIGNATURE_TAG, TAG } from '../src/rpmfile/tags.js';
import { makeRpm, type TestFile, type TestTags, type TestValue } from '../src/testing/make-rpm.js';
import { SHARED_REPOSITORIES } from '../src/testing/shared-repository.js';

const FILES: readonly TestFile[] = [
  { path: '/etc', mode: 0o040755 },
  { path: '/etc/a', data: 'content\n', flags: 1 },
  { path: '/etc/b', mode: 0o120777, linkTarget: 'a' },
  { path: '/usr/c', data: '', inode: 7 },
  { path: '/usr/d', data: 'linked', inode: 7, capabilities: 'cap_net_raw=ep' },
  { path: '/var/ghost', data: 'x', flags: 0x40 },
];
const plain = makeRpm({ files: FILES });
const rich = makeRpm({
  files: FILES,
  tags: {
    1003: { int32: [2] },
    1047: { strings: ['made', 'virtual'] },
    1113: { strings: ['2:1-1', ''] },
    1112: { int32: [8, 0] },
    1049: { strings: ['/bin/sh', '(a if b)'] },
    1050: { strings: ['', '1:2-3'] },
    1048: { int32: [0x400, 0x0c] },
    1024: { string: 'exit 0' },
    5113: { int64: [100n] },
  },
  signatureTags: () => ({
    267: { binary: Buffer.from('88750400160a001d', 'hex') },
    268: { binary: Buffer.from('89013304000108001d', 'hex') },
    269: { string: 'a1'.repeat(20) },
    278: { strings: ['iHUEABYKAB0=', ''] },
    1007: { int32: [500] },
  }),
});

/** Real packages beside the checkout, the small ones. */
const folder = join(SHARED_REPOSITORIES['azl3-sample'], 'packages');
const real = existsSync(folder)
  ? readdirSync(folder, { recursive: true, encoding: 'utf8' })
      .map((path) => join(folder, path))
      .filter((path) => path.endsWith('.rpm') && statSync(path).size < 20_000)
      .map((path) => readFileSync(path))
  : [];

const be32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const WORDS = [
  Buffer.from('8eade80100000000', 'hex'),
  Buffer.from('edabeedb', 'hex'),
  Buffer.from('../\0'),
  ...[...Object.values(TAG), ...Object.values(SIGNATURE_TAG), 6, 7, 8, 9, -16, 0x0fffff, 0x100000].map(be32),
];

const string = fc.oneof(
  fc.constantFrom('/', '/etc/', '../', '', 'x', 'ä', '(a if b)', 'a1'.repeat(32)),
  fc.string({ maxLength: 12 }),
);
const value: fc.Arbitrary<TestValue> = fc.oneof(
  fc.record({ string }),
  fc.record({ strings: fc.array(string, { minLength: 1, maxLength: 4 }) }),
  fc.record({ int16: fc.array(fc.nat(0xffff), { minLength: 1, maxLength: 4 }) }),
  fc.record({ int32: fc.array(fc.nat(0xffffffff), { minLength: 1, maxLength: 4 }) }),
  fc.record({ int64: fc.array(fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }), { minLength: 1, maxLength: 4 }) }),
  fc.record({ binary: fc.uint8Array({ minLength: 1, maxLength: 16 }) }),
);
const tagsOf = (known: readonly number[]): fc.Arbitrary<TestTags> =>
  fc.dictionary(fc.constantFrom(...known.map(String)), value, { maxKeys: 8 });
const relationTags = [1047, 1113, 1112, 1049, 1050, 1048, 5046, 5047, 5048, 1085, 1023];
const made = fc.tuple(
  tagsOf([...Object.values(TAG).slice(1), ...relationTags]),
  tagsOf(Object.values(SIGNATURE_TAG).slice(1)),
  fc.boolean(),
);

const rpm: FuzzTarget = {
  name: 'rpm headers',
  inputs: 80_000,
  seeds: [plain, rich, ...real],
  words: WORDS,
  made: (seed) => {
    const [[tags, signatureTags, hasFiles] = [{}, {}, true]] = fc.sample(made, { seed, numRuns: 1 });
    return makeRpm({ tags, signatureTags: () => signatureTags, files: hasFiles ? FILES : [] });
  },
  codes: ['PACKAGE_INVALID', 'MEMBER_ESCAPES'],
  read(input) {
    const { signatureHeader: _, mainHeader: __, payload, scriptlets, ...plainData } = readRpm(input);
    for (const { path } of plainData.files) {
      if (!path.startsWith('/') || path.split('/').some((part) => part === '..'))
        throw new Error(`the path ${path}`);
    }
    return { ...plainData, scriptlets: [...scriptlets], payload: payload.bytes.length };
  },
};

const CODES = [
  'PACKAGE_INVALID',
  'MEMBER_ESCAPES',
  'PAYLOAD_MISMATCH',
  'HEADER_MISMATCH',
  'SIGNATURE_WEAK',
  'KEY_WEAK',
  'KEY_EXPIRED',
  'KEY_REVOKED',
  'SIGNATURE_MISSING',
  'SIGNATURE_INVALID',
  'KEY_UNKNOWN',
  'PACKAGE_UNSIGNED',
];

/** The payloads of the seeds are not compressed, and are not to be taken for LZMA: that would start a program each time. */
const verified: FuzzTarget = {
  name: 'rpm digests and signatures',
  inputs: 30_000,
  seeds: [plain, rich],
  words: WORDS,
  codes: CODES,
  async read(input) {
    const read = readRpm(input);
    const file: RpmFile = { ...read, payload: { ...read.payload, compressor: '' } };
    await checkDigests(file, {});
    const options = { date: new Date('2026-01-01'), subject: 'the package' };
    return checkSignature(file, { keys: [], fingerprints: [] }, options);
  },
};

const archive = await readPayload(readRpm(plain));
const files = readRpm(plain).files;

/** The archive in rpm's own form, which leaves to the header what is there. */
function stripped(): Buffer {
  const members = FILES.map(({ data, linkTarget, inode, path }, index) => {
    const isFirstLink = inode !== undefined && path === '/usr/c';
    const body = Buffer.from(isFirstLink ? '' : (linkTarget ?? data ?? ''));
    const head = Buffer.from(`07070X${index.toString(16).padStart(8, '0')}\0\0`);
    return Buffer.concat([head, body, Buffer.alloc(-body.length & 3)]);
  });
  return Buffer.concat([...members.slice(0, -1), writeCpio([])]);
}

const payload: FuzzTarget = {
  name: 'rpm payload',
  inputs: 60_000,
  seeds: [archive, stripped()],
  words: ['070701', '07070X', '00000000', 'ffffffff', 'TRAILER!!!\0', '/etc/a\0', './etc/b\0', '../', '\0\0'],
  codes: ['PACKAGE_INVALID', 'MEMBER_ESCAPES'],
  read(input) {
    const found = Array.from(readPayloadFiles({ files }, input), ({ file, data }) => [
      file.path,
      data.length,
    ]);
    if (new Set(found.map(([path]) => path)).size !== 5) throw new Error(`${found.length} files of 5`);
    return found;
  },
};

const run = fuzzRun(process.env);

it.each([rpm, verified, payload])('$name', async (target) => {
  console.log(await runFuzz(target, run));
});

it.skipIf(real.length > 0)('real packages', (context) => {
  context.skip('there are none beside the checkout to be mutated');
});
