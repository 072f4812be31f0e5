import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNamespaces } from '@ic/toolchain';
import { type Context, messageOf } from '@ic/utils';

/** `build-<process id>-<start time of that process>-<random>`: tells a living build's folder from a dead one's. */
const NAME = /^build-(\d+)-(\d+)-[0-9a-f]+$/;

export interface WorkFolder {
  /** Absolute path; made for this build alone. */
  readonly path: string;
  /** Removes it with all that is in it. */
  remove(): Promise<void>;
}

/** Makes a build's folder below `parent` and removes what builds that were killed have left there. */
export async function openWorkFolder(
  parent: string,
  privilege: 'root' | 'user',
  context: Context,
): Promise<WorkFolder> {
  await mkdir(parent, { recursive: true });
  for (const name of await readdir(parent)) {
    const owner = NAME.exec(name);
    if (owner !== null && (await startTime(Number(owner[1]))) !== owner[2]) {
      context.logger.info(`removing ${name}, left by a build that was killed`);
      await removeTree(join(parent, name), privilege, context);
    }
  }
  const name = `build-${process.pid}-${await startTime(process.pid)}-${randomBytes(4).toString('hex')}`;
  const path = join(parent, name);
  await mkdir(path);
  return { path, remove: () => removeTree(path, privilege, context) };
}

/** Clock ticks since boot at which a process began, as `/proc` tells; undefined when there is none. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
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
