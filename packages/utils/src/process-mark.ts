import { readFile, readlink } from 'node:fs/promises';
import { sha256 } from './hash.js';

/** `gone`: certainly; `elsewhere`: a process of another place, which cannot be seen from here. */
export type ProcessState = 'running' | 'gone' | 'elsewhere';

/** The place is this boot of this machine and the PID namespace: containers and machines may share a folder. */
const MARK = /^([0-9a-f]{8})-(\d+)-(\d+)$/;

/** A name for this process that no other has, at any time: `<place>-<process id>-<start time>`. */
export function processMark(): Promise<string> {
  mark ??= (async () => `${await ownPlace()}-${process.pid}-${await startTime(process.pid)}`)();
  return mark;
}

/** Whether the process of a mark still runs; undefined for what is no mark. */
export async function processState(text: string): Promise<ProcessState | undefined> {
  const [, where, pid, start] = MARK.exec(text) ?? [];
  if (where === undefined) return undefined;
  if (where !== (await ownPlace())) return 'elsewhere';
  return (await startTime(Number(pid))) === start ? 'running' : 'gone';
}

let mark: Promise<string> | undefined;
let place: Promise<string> | undefined;

function ownPlace(): Promise<string> {
  place ??= (async () => {
    const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8');
    return sha256(`${boot} ${await readlink('/proc/self/ns/pid')}`).slice(0, 8);
  })();
  return place;
}

/** Clock ticks since boot at which a process began, as `/proc` tells (proc_pid_stat(5)); undefined when there is none. */
async function startTime(pid: number): Promise<string | undefined> {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
