import { resolve } from 'node:path';
import type { CacheSummary, Removed } from '@ic/package-core';
import { formatSize, parseDuration, parseSize } from '@ic/utils';
import type { Session } from '../session.js';
import { defaultCacheDir } from '../template-request.js';

export interface CacheFlags {
  readonly cacheDir?: string | undefined;
}

export interface RemoveFlags extends CacheFlags {
  readonly dryRun: boolean;
}

/** `ic cache list`: how much of what there is. */
export async function list(
  flags: CacheFlags & { readonly format: 'text' | 'json' },
  session: Session,
): Promise<number> {
  const { listCache } = await session.library.packageCore();
  const cacheDir = folderOf(flags, session);
  const kinds = await listCache(cacheDir, session.context);
  const data = { cacheDir, kinds };
  const text = flags.format === 'json' ? `${JSON.stringify(data, null, 2)}\n` : table(kinds);
  session.reporter.value(text, data);
  return 0;
}

/** `ic cache verify`: 1 when something was wrong. */
export async function verify(
  flags: RemoveFlags & { readonly jobs?: number | undefined },
  session: Session,
): Promise<number> {
  const { verifyCache } = await session.library.packageCore();
  const { dryRun, jobs } = flags;
  const result = await verifyCache(folderOf(flags, session), { dryRun, jobs }, session.context);
  session.reporter.value(lines(result.removed), result);
  const wrong = result.removed.filter(({ kind }) => kind !== 'partial files').length;
  session.reporter.note(`good: ${result.good}, wrong${dryRun ? '' : ' and removed'}: ${wrong}`);
  return wrong === 0 ? 0 : 1;
}

/** `ic cache prune`: what was not used for longest goes. */
export async function prune(
  flags: RemoveFlags & { readonly maxSize?: string | undefined; readonly olderThan?: string | undefined },
  session: Session,
): Promise<number> {
  const options = {
    dryRun: flags.dryRun,
    maxSize: flags.maxSize === undefined ? undefined : parseSize(flags.maxSize),
    olderThan: flags.olderThan === undefined ? undefined : parseDuration(flags.olderThan),
  };
  const { pruneCache } = await session.library.packageCore();
  return tell(await pruneCache(folderOf(flags, session), options, session.context), flags, session);
}

/** `ic cache clear`: all goes. */
export async function clear(flags: RemoveFlags, session: Session): Promise<number> {
  const { clearCache } = await session.library.packageCore();
  const { dryRun } = flags;
  return tell(await clearCache(folderOf(flags, session), { dryRun }, session.context), flags, session);
}

function tell(result: Removed, { dryRun }: RemoveFlags, { reporter }: Session): number {
  const size = result.removed.reduce((sum, file) => sum + file.size, 0);
  reporter.value(lines(result.removed), result);
  reporter.note(
    `${dryRun ? 'would free' : 'freed'}: ${formatSize(size)} in ${result.removed.length} files` +
      (result.inUse === 0 ? '' : `; running builds use ${result.inUse} more`),
  );
  return 0;
}

function folderOf({ cacheDir }: CacheFlags, { io }: Session): string {
  return resolve(cacheDir ?? defaultCacheDir(io.env));
}

function lines(files: Removed['removed']): string {
  return files.map(({ path }) => `${path}\n`).join('');
}

function table(kinds: readonly CacheSummary[]): string {
  const all = {
    kind: 'all',
    files: kinds.reduce((sum, { files }) => sum + files, 0),
    size: kinds.reduce((sum, { size }) => sum + size, 0),
    lastUse: kinds
      .flatMap(({ lastUse }) => lastUse ?? [])
      .sort()
      .at(-1),
  };
  const rows = [
    ['kind', 'files', 'size', 'last use'],
    ...[...kinds, all].map(({ kind, files, size, lastUse }) => [
      kind,
      String(files),
      formatSize(size),
      lastUse?.replace(/T(..:..).*/, ' $1') ?? '-',
    ]),
  ];
  const widths = [0, 1, 2].map((column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows
    .map(
      (row) =>
        `${row
          .map((cell, column) => cell.padEnd(widths[column] ?? 0))
          .join('  ')
          .trimEnd()}\n`,
    )
    .join('');
}
