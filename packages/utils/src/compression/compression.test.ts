import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { compressFile } from './compress-file.js';
import { type CompressionFormat, detectCompression } from './compression-format.js';
import { decompress, decompressSync } from './decompress.js';

const PROGRAMS: Record<CompressionFormat, string> = { gz: 'gzip', xz: 'xz', zstd: 'zstd', bz2: 'bzip2' };
const isInstalled = (program: string) =>
  ['/usr/bin', '/bin'].some((folder) => existsSync(join(folder, program)));
const formats = (Object.keys(PROGRAMS) as CompressionFormat[]).filter((format) =>
  isInstalled(PROGRAMS[format]),
);
for (const format of Object.keys(PROGRAMS) as CompressionFormat[]) {
  it.skipIf(formats.includes(format))(`${PROGRAMS[format]} is installed`, () => {});
}

const TEXT = Buffer.from(
  Array.from({ length: 40_000 }, (_, index) => `line ${index} of the same\n`).join(''),
);
const made = new Map<CompressionFormat, Buffer>();
/** TEXT, or something else, as the format's program compresses it. */
function compressed(format: CompressionFormat, input: Buffer = TEXT): Buffer {
  const known = input === TEXT ? made.get(format) : undefined;
  if (known !== undefined) return known;
  const bytes = execFileSync(PROGRAMS[format], ['-c'], { input, maxBuffer: 2 ** 24 });
  if (input === TEXT) made.set(format, bytes);
  return bytes;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-compress-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

/** Compresses, but not to nothing. */
function uneven(length: number): Buffer {
  const bytes = Buffer.alloc(length);
  for (let index = 0; index < length; index += 1) bytes[index] = (index * index) >> 7;
  return bytes;
}

/** Both ways behave the same. */
const ways: readonly [string, (bytes: Uint8Array, maxBytes: number) => Promise<Buffer>][] = [
  ['decompress', (bytes, maxBytes) => decompress(bytes, { maxBytes })],
  ['decompressSync', async (bytes, maxBytes) => decompressSync(bytes, { maxBytes })],
];

describe.each(ways)('%s', (_name, expand) => {
  describe.each(formats)('%s', (format) => {
    it('gives the bytes, up to exactly the limit', async () => {
      expect(detectCompression(compressed(format))).toBe(format);
      expect((await expand(compressed(format), TEXT.length)).equals(TEXT)).toBe(true);
    });

    it('gives nothing for nothing', async () => {
      expect(await expand(compressed(format, Buffer.alloc(0)), 10)).toHaveLength(0);
    });

    it('joins concatenated streams', async () => {
      const two = Buffer.concat([compressed(format), compressed(format)]);
      expect(await expand(two, 2 * TEXT.length)).toHaveLength(2 * TEXT.length);
    });

    it.each([[1], [1000], [TEXT.length - 1]])('stops a bomb at %i bytes', async (maxBytes) => {
      await expect(expand(compressed(format), maxBytes)).rejects.toMatchObject({ code: 'COMPRESSION_LIMIT' });
    });

    it('says when the data is cut off or damaged', async () => {
      const good = compressed(format);
      const damaged = Buffer.from(good);
      damaged.fill(0xaa, Math.floor(good.length / 2), Math.floor(good.length / 2) + 8);
      for (const bytes of [good.subarray(0, -10), good.subarray(0, 7), damaged]) {
        await expect(expand(bytes, 2 ** 24)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
      }
    });

    it('does not mind input that is larger than a pipe and ends early in an error', async () => {
      const bad = Buffer.concat([compressed(format).subarray(0, 6), Buffer.alloc(4_000_000, 0xff)]);
      await expect(expand(bad, 2 ** 24)).rejects.toMatchObject({ code: 'COMPRESSION_INVALID' });
    });
  });

  it.each([[''], ['hello'], ['\u001f'], ['BZ']])('does not know %j', async (text) => {
    await expect(expand(Buffer.from(text), 10)).rejects.toMatchObject({ code: 'COMPRESSION_UNSUPPORTED' });
  });
});

describe('LZMA, which has no magic', () => {
  const lzma = (input: Buffer) => execFileSync('xz', ['--format=lzma', '--stdout'], { input });

  it.skipIf(!isInstalled('xz'))('is expanded where the caller knows it', async () => {
    const bytes = lzma(TEXT);
    const options = { maxBytes: TEXT.length, format: 'lzma' } as const;
    expect((await decompress(bytes, options)).equals(TEXT)).toBe(true);
    expect(decompressSync(bytes, options).equals(TEXT)).toBe(true);
    await expect(decompress(bytes, { ...options, maxBytes: 1000 })).rejects.toMatchObject({
      code: 'COMPRESSION_LIMIT',
    });
    await expect(decompress(bytes.subarray(0, -10), options)).rejects.toMatchObject({
      code: 'COMPRESSION_INVALID',
      message: expect.stringContaining('lzma'),
    });
    await expect(decompress(bytes, { maxBytes: TEXT.length })).rejects.toMatchObject({
      code: 'COMPRESSION_UNSUPPORTED',
    });
  });
});

describe('decompress', () => {
  it.skipIf(!formats.includes('xz'))('can be cancelled before and while', async () => {
    const bytes = Buffer.concat(Array.from({ length: 200 }, () => compressed('xz')));
    const before = decompress(bytes, { maxBytes: 2 ** 30, signal: AbortSignal.abort() });
    await expect(before).rejects.toMatchObject({ code: 'CANCELLED' });
    const controller = new AbortController();
    const running = decompress(bytes, { maxBytes: 2 ** 30, signal: controller.signal });
    setTimeout(() => controller.abort(), 20);
    await expect(running).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('compressFile', () => {
  function source(name = 'in', data: Buffer = TEXT): string {
    const path = join(folder, name);
    writeFileSync(path, data);
    return path;
  }

  it.each(formats)('%s comes back', async (format) => {
    const to = join(folder, 'out');
    await compressFile(source(), to, format);
    const bytes = readFileSync(to);
    expect(detectCompression(bytes)).toBe(format);
    expect(bytes.length).toBeLessThan(TEXT.length / 3);
    expect((await decompress(bytes, { maxBytes: TEXT.length })).equals(TEXT)).toBe(true);
  });

  it.each(formats)('%s does not depend on name, time or threads', async (format) => {
    // Larger than one block of any of the formats at its lowest level.
    const data = uneven(format === 'bz2' ? 400_000 : 3_500_000);
    const one = source('one', data);
    const two = source('two', data);
    utimesSync(two, 1, 1);
    await compressFile(one, join(folder, '1'), format, { level: 1, threads: 1 });
    await compressFile(two, join(folder, '2'), format, { level: 1, threads: 2 });
    await compressFile(two, join(folder, '3'), format, { level: 1 });
    const [first, second, third] = ['1', '2', '3'].map((name) => readFileSync(join(folder, name)));
    expect(second?.equals(first ?? Buffer.alloc(0))).toBe(true);
    expect(third?.equals(first ?? Buffer.alloc(0))).toBe(true);
  });

  it.each(formats)('%s takes a level', async (format) => {
    const data = uneven(200_000);
    const from = source('in', data);
    await compressFile(from, join(folder, 'fast'), format, { level: 1 });
    await compressFile(from, join(folder, 'small'), format, { level: 9 });
    expect(readFileSync(join(folder, 'fast')).equals(readFileSync(join(folder, 'small')))).toBe(false);
  });

  it.each<[CompressionFormat, number]>([
    ['gz', 0],
    ['gz', 10],
    ['xz', -1],
    ['zstd', 20],
    ['bz2', 1.5],
  ])('%s has no level %d', async (format, level) => {
    const made = compressFile(source(), join(folder, 'out'), format, { level });
    await expect(made).rejects.toMatchObject({ code: 'COMPRESSION_UNSUPPORTED', fault: 'request' });
  });

  it('does not touch a file that is there', async () => {
    const to = source('out');
    await expect(compressFile(source(), to, 'gz')).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(to).equals(TEXT)).toBe(true);
  });

  it('leaves nothing when it fails or is cancelled', async () => {
    const to = join(folder, 'out');
    await expect(compressFile(join(folder, 'none'), to, 'gz')).rejects.toMatchObject({ code: 'ENOENT' });
    await expect(compressFile(folder, to, 'gz')).rejects.toMatchObject({ code: 'EXEC_FAILED' });
    const zeros = join(folder, 'zeros');
    symlinkSync('/dev/zero', zeros);
    const controller = new AbortController();
    const endless = compressFile(zeros, to, 'gz', { signal: controller.signal });
    setTimeout(() => controller.abort(), 30);
    await expect(endless).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(readdirSync(folder)).toEqual(['zeros']);
  });

  it('writes gz headers without name and time', async () => {
    await compressFile(source(), join(folder, 'out'), 'gz');
    const header = readFileSync(join(folder, 'out')).subarray(0, 8);
    expect([...header]).toEqual([...gzipSync('').subarray(0, 8)]);
  });
});
