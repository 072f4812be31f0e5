/** Compressed data. What a bomb may grow to is the reader's to say; here it is 1 MiB. */
import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { decompress, decompressSync } from '../src/compression/decompress.js';
import { exec } from '../src/exec.js';

const MAX_BYTES = 1024 * 1024;
const CODES = ['COMPRESSION_INVALID', 'COMPRESSION_LIMIT', 'COMPRESSION_UNSUPPORTED'];

const plain = Buffer.from(Array.from({ length: 400 }, (_, line) => `line ${line} of ${line % 7}\n`).join(''));
const bomb = Buffer.alloc(64 * MAX_BYTES);

function checked(output: Buffer): string {
  if (output.length > MAX_BYTES) throw new Error(`${output.length} bytes came out`);
  return createHash('sha256').update(output).digest('hex');
}

const gzip: FuzzTarget = {
  name: 'gzip',
  inputs: 40_000,
  seeds: [gzipSync(plain), gzipSync(plain, { level: 0 }), gzipSync(bomb), gzipSync('')],
  words: [Buffer.from([0x1f, 0x8b, 8, 0]), Buffer.from([0x1f, 0x8b, 8, 0x1c]), gzipSync('x')],
  codes: CODES,
  read: (input) => checked(decompressSync(input, { maxBytes: MAX_BYTES })),
};

/** What is packed: text, a bomb of 64 MiB, nothing. */
const SOURCES = ['seq 400', 'head -c 67108864 /dev/zero', 'true'];

/** A program for each input: a thousandth of the speed. */
async function throughProgram(name: string, option: string): Promise<FuzzTarget> {
  const pack = async (source: string) => {
    const command = `${source} | "$1" "$2" --stdout | base64 --wrap=0`;
    const { stdout } = await exec('sh', ['-c', command, 'sh', name, option]);
    return Buffer.from(stdout, 'base64');
  };
  const format = option === '--format=lzma' ? ({ format: 'lzma' } as const) : {};
  return {
    name: `${name} ${option}`,
    inputs: 1_000,
    seeds: await Promise.all(SOURCES.map(pack)),
    words: [
      Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0]),
      Buffer.from([0x28, 0xb5, 0x2f, 0xfd]),
      Buffer.from('BZh9'),
    ],
    codes: CODES,
    read: async (input) => checked(await decompress(input, { maxBytes: MAX_BYTES, ...format })),
    nanosecondsPerByte: 20_000,
  };
}

const run = fuzzRun(process.env);

it('gzip', async () => {
  console.log(await runFuzz(gzip, run));
});

it.each([
  ['xz', '-6'],
  ['xz', '--format=lzma'],
  ['zstd', '-3'],
  ['bzip2', '-9'],
])('%s %s', async (name, option) => {
  console.log(await runFuzz(await throughProgram(name, option), run));
});
