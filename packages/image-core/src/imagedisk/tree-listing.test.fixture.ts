import { exec } from '@ic/utils';
import type { PlannedPartition } from './disk-plan.js';

/**
 * What each file of a tree is, one a line: path, kind, mode, owner, links, length, target of a link, whole seconds of its
 * time; then hashes of what is in them, capabilities and ACLs.
 */
const LIST = `
cd "$1"
find . -path ./lost+found -prune -o -type d -printf '%p %y %m %U %G %T@\\n' -o -printf '%p %y %m %U %G %n %s %l %T@\\n' |
  sed 's/\\.[0-9]*$//' | sort
find . -type f -exec sha256sum {} + | sort
getcap -r . | sort
find . ! -type l | sort | tr '\\n' '\\0' | xargs -0 getfacl --skip-base --numeric || :
`;

/** @param epoch seconds since 1970 that no time shall be behind */
export async function listed(folder: string, epoch: number): Promise<string> {
  const { stdout } = await exec('sh', ['-c', LIST, 'list', folder]);
  return stdout.replaceAll(/\d{10}$/gm, (seconds) => String(Math.min(Number(seconds), epoch)));
}

/** The same of a partition, mounted read-only on a folder in a mount namespace of its own. */
export async function listedMounted(
  image: string,
  { start, size, fsType }: PlannedPartition,
  target: string,
  more = '',
): Promise<string> {
  const options = `loop,ro,offset=${start},sizelimit=${size}${more}`;
  const script = `mount -t ${fsType} -o "$2" "$3" "$1" || exit 1; ${LIST}`;
  const { stdout } = await exec('unshare', [
    '--mount',
    ...['sh', '-c', script, 'list', target, options, image],
  ]);
  return stdout;
}
