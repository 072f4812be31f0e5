import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** What the kernel still has of a build, as sentences; empty when nothing is left. */
export interface Leftovers {
  readonly processes: readonly string[];
  readonly mounts: readonly string[];
  readonly loopDevices: readonly string[];
}

/** Mounts of the host's mount namespace, as `/proc/self/mountinfo` has them. */
export function hostMounts(): readonly string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
}

/**
 * What on this machine has to do with a folder: processes that name it in their arguments, stand in it or see a mount
 * in it, loop devices over its files, and mounts of the host that were not there before.
 *
 * @param folder absolute path whose last part is found nowhere else
 */
export function leftovers(folder: string, mountsBefore: readonly string[]): Leftovers {
  return {
    processes: processes(folder),
    mounts: hostMounts().filter((mount) => !mountsBefore.includes(mount)),
    loopDevices: readdirSync('/sys/block')
      .filter((name) => name.startsWith('loop'))
      .map((name) => `${name} ${read(`/sys/block/${name}/loop/backing_file`)}`)
      .filter((text) => text.includes(folder)),
  };
}

/** The same, as soon as nothing is left, at the latest after `seconds`: the kernel takes a moment to end namespaces. */
export async function lastingLeftovers(
  folder: string,
  mountsBefore: readonly string[],
  seconds: number,
): Promise<Leftovers> {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const found = leftovers(folder, mountsBefore);
    if (Object.values(found).every((list) => list.length === 0) || Date.now() > end) return found;
    await sleep(20);
  }
}

function processes(folder: string): string[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .flatMap((pid) => {
      const command = read(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
      const traces = [command, link(`/proc/${pid}/cwd`), read(`/proc/${pid}/mountinfo`)];
      return traces.some((trace) => trace.includes(folder)) ? [`${pid} ${command}`] : [];
    });
}

/** Empty for what went away meanwhile or belongs to others. */
function read(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return '';
  }
}

function link(path: string): string {
  try {
    return readlinkSync(path);
  } catch {
    return '';
  }
}
