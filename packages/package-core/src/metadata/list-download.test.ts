import { gzipSync } from 'node:zlib';
import { defaultContext, sha256 } from '@ic/utils';
import { expect, it } from 'vitest';
import { downloadList } from './list-download.js';
import type { MetadataCache } from './metadata-cache.js';

const RIGHT = gzipSync('Package: one\n');
const OTHER = gzipSync('Package: other\n');
const DATE = new Date('2026-03-01T12:00:00Z');
const hours = (count: number) => new Date(DATE.getTime() + count * 3_600_000);

/** Asks a server that gives `bytes` for `RIGHT`. */
function download(bytes: Buffer, lastModified?: Date, known: readonly Buffer[] = []): Promise<unknown> {
  const cache = { fetch: async () => ({ bytes, lastModified }) } as unknown as MetadataCache;
  const wanted = {
    ...{ subject: { repository: { name: 'test' } }, path: 'Packages.gz', date: DATE },
    ...{ size: RIGHT.length, algorithm: 'sha256' as const, hex: sha256(RIGHT) },
    wasRight: async (hex: string) => known.some((one) => sha256(one) === hex),
  };
  return downloadList('https://mirror.example/Packages.gz', wanted, cache, defaultContext());
}

it('gives the list that the index names', async () => {
  expect(await download(RIGHT, hours(-100))).toBe(RIGHT);
});

it.each<[string, Buffer, Date | undefined, readonly Buffer[], string]>([
  ['of an earlier index that was seen', OTHER, undefined, [OTHER], 'INDEX_MIXED'],
  ['whole, and older than the index', OTHER, hours(-2), [], 'INDEX_MIXED'],
  ['whole, and newer than the index', OTHER, hours(0.01), [], 'INDEX_MIXED'],
  ['whole, and of the time of the index', OTHER, hours(-0.5), [], 'LIST_TOO_LONG'],
  ['whole, of a server that tells no time', OTHER, undefined, [], 'LIST_TOO_LONG'],
  ['old and cut off', OTHER.subarray(0, -4), hours(-2), [], 'LIST_TRUNCATED'],
  ['old and not compressed', Buffer.from('Package: other\n'), hours(-2), [], 'LIST_TRUNCATED'],
  ['old and damaged', Buffer.from(RIGHT).fill(0, 12, 16), hours(-2), [], 'LIST_ALTERED'],
])('refuses one that is %s', async (_title, bytes, lastModified, known, code) => {
  await expect(download(bytes, lastModified, known)).rejects.toMatchObject({ code, name: 'PackageError' });
});
