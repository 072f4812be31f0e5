import { randomBytes } from 'node:crypto';
import { mkdir, readdir, readFile, readlink, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { runInNamespaces } from '@ic/toolchain';
import { type Context, messageOf, sha256 } from '@ic/utils';

/**
 * `build-<place>-<process id>-<start time of that process>-<random>` tells a living build's folder from a dead one's.
 * The place is this boot of this machine and the PID namespace: containers and machines may share a cache folder.
 */
const NAME = /^build-([0-9a-f]+)-(\d+)-(\d+)-[0-9a-f]+$/;
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
  const place = await ownPlace();
  for (const name of await readdir(parent)) {
    if (await isDead(parent, name, { place, now: context.clock.now().getTime() })) {
      context.logger.info(`removing ${name}, left by a build that was killed`);
      await removeTree(join(parent, name), privilege, context).catch((error: unknown) => {
        context.logger.warn(`${name} in ${parent} could not be removed: ${messageOf(error)}`);
      });
    }
  }
  const start = await startTime(process.pid);
  const path = join(parent, `build-${place}-${process.pid}-${start}-${randomBytes(4).toString('hex')}`);
  // The image's set-id programs and old mistakes are nothing for other users of this machine.
  await mkdir(path, { mode: 0o700 });
  return { path, remove: () => removeTree(path, privilege, context) };
}

async function ownPlace(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
  return sha256(`${boot} ${await readlink('/proc/self/ns/pid')}`).slice(0, 8);
}

async function isDead(
  parent: string,
  name: string,
  { place, now }: { readonly place: string; readonly now: number },
): Promise<boolean> {
  const [, theirs, pid, start] = NAME.exec(name) ?? [];
  if (theirs === undefined) return false;
  if (theirs === place) return (await startTime(Number(pid))) !== start;
  const found = await stat(join(parent, name)).catch(() => undefined);
  return found !== undefined && now - found.mtimeMs > FOREIGN_AGE;
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
