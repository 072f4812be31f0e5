import { randomBytes } from 'node:crypto';
import { mkdir, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNamespaces } from '@ic/toolchain';
import { type Context, messageOf, processMark, processState } from '@ic/utils';

/** `build-<mark of its process>-<random>` tells a living build's folder from a dead one's. */
const NAME = /^build-([0-9a-f]+-\d+-\d+)-[0-9a-f]+$/;
/** Milliseconds after which a folder from another place, whose processes cannot be seen from here, is a dead build's. */
const FOREIGN_AGE = 48 * 3600 * 1000;

export interface WorkFolder {
  /** Absolute path; made for this build alone. */
  readonly path: string;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

/** Makes a build's folder below `parent`, for its user alone, and removes what builds that were killed have left there. */
export async function openWorkFolder(
  parent: string,
  privilege: 'root' | 'user',
  context: Context,
): Promise<WorkFolder> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    if (await isDead(parent, name, context.clock.now().getTime())) {
      context.logger.info(`removing ${name}, left by a build that was killed`);
      await removeTree(join(parent, name), privilege, context).catch((error: unknown) => {
        context.logger.warn(`${name} in ${parent} could not be removed: ${messageOf(error)}`);
      });
    }
  }
  const path = join(parent, `build-${await processMark()}-${randomBytes(4).toString('hex')}`);
  // The image's set-id programs and old mistakes are nothing for other users of this machine.
  await mkdir(path, { mode: 0o700 });
  return { path, remove: () => removeTree(path, privilege, context) };
}

async function isDead(parent: string, name: string, now: number): Promise<boolean> {
  const mark = NAME.exec(name)?.[1];
  if (mark === undefined) return false;
  const state = await processState(mark);
  if (state !== 'elsewhere') return state === 'gone';
  const found = await stat(join(parent, name)).catch(() => undefined);
  return found !== undefined && now - found.mtimeMs > FOREIGN_AGE;
}

/** A rootless build on disk leaves files of its sub-uids, which only its user namespace can remove. */
async function removeTree(path: string, privilege: 'root' | 'user', context: Context): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (privilege === 'root') throw error;
    context.logger.debug(`removing ${path} in a user namespace: ${messageOf(error)}`);
    const module = new URL('../dist/remove-inside.js', import.meta.url).href;
    // The build may have been cancelled; the clean-up must run all the same.
    const unstoppable = { ...context, signal: new AbortController().signal };
    await runInNamespaces(module, { path }, { privilege, context: unstoppable });
  }
}
