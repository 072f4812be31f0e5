import { closeSync, readdirSync, readFileSync } from 'node:fs';

/** In the `flags` of proc_pid_fdinfo(5); the same on all architectures that Node runs on. */
const O_CLOEXEC = 0o2000000;

/** Closes files above `last` that this process was started with, which its own children would inherit. */
export function closeInherited(last: number): void {
  for (const name of readdirSync('/proc/self/fd')) {
    if (Number(name) > last && isInheritable(name)) closeSync(Number(name));
  }
}

function isInheritable(name: string): boolean {
  try {
    const flags = /^flags:\t(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${name}`, 'utf8'))?.[1] ?? '';
    return (Number.parseInt(flags, 8) & O_CLOEXEC) === 0;
  } catch {
    // The listing's own, closed by now.
    return false;
  }
}
