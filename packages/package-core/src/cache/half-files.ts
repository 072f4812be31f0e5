import { existsSync, renameSync, statSync } from 'node:fs';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { processState } from '@ic/utils';

/** Files that processes were writing when they died, in the folder where all write. */
export interface HalfFiles {
  /** Looks for them, and removes those that nobody will go on with. */
  scan(): Promise<void>;
  /** Makes the largest half of a content the caller's own, at `path`, and removes the others; false when there is none. */
  takeOver(sha256: string, path: string): Promise<boolean>;
  /** Removes what there is of a content that is whole now. */
  forget(sha256: string): Promise<void>;
}

/** `<hash>.<mark of the process that writes it>.<random>` */
const HALF = /^([0-9a-f]{64})\.([0-9a-f]+-\d+-\d+)\.[0-9a-f]+$/;
/** What nobody has written to for so long nobody goes on with; of processes that cannot be seen from here as well. */
const STALE_MILLISECONDS = 6 * 60 * 60 * 1000;

/**
 * A half is renamed by the one that goes on with it, and bears its name then: of two that want it one gets it. Only what a
 * process that is certainly dead has left is taken over; nobody writes to that any more.
 *
 * @param pathOf where a content is when it is whole
 */
export function openHalfFiles(
  folder: string,
  pathOf: (sha256: string) => string,
  now: () => number,
): HalfFiles {
  const found = new Map<string, string[]>();
  const remove = (name: string) => rm(join(folder, name), { force: true });

  const look = async (name: string): Promise<void> => {
    const [, sha256 = '', mark = ''] = HALF.exec(name) ?? [];
    const state = await processState(mark);
    if (state === 'running') return;
    const written = statSync(join(folder, name), { throwIfNoEntry: false });
    if (written === undefined) return;
    const isStale = written.mtimeMs < now() - STALE_MILLISECONDS;
    const isOver = state === 'gone' && (written.size === 0 || existsSync(pathOf(sha256)));
    if (isStale || isOver) await remove(name);
    else if (state === 'gone') found.set(sha256, [...(found.get(sha256) ?? []), name]);
  };

  const forget = async (sha256: string): Promise<void> => {
    const names = found.get(sha256);
    if (names === undefined) return;
    found.delete(sha256);
    for (const name of names) await remove(name);
  };

  return {
    async scan() {
      found.clear();
      for (const name of await readdir(folder)) if (!name.endsWith('.claim')) await look(name);
    },
    async takeOver(sha256, path) {
      const sizeOf = (name: string) => statSync(join(folder, name), { throwIfNoEntry: false })?.size ?? 0;
      const [largest] = [...(found.get(sha256) ?? [])].sort((a, b) => sizeOf(b) - sizeOf(a));
      try {
        if (largest !== undefined) renameSync(join(folder, largest), path);
        return largest !== undefined;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'ENOENT') return false;
        throw error;
      } finally {
        await forget(sha256);
      }
    },
    forget,
  };
}
