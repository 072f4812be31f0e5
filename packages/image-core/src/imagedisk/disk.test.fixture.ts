import { spawnSync } from 'node:child_process';
import { chmod, chown, link, mkdir, mkdtemp, open, rm, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { DiskConfig, PartitionConfig, RunOptions, ToolRunner } from '@ic/toolchain';
import { exec } from '@ic/utils';
import { afterAll } from 'vitest';

export const MIB = 1024 ** 2;

export const isRoot = process.getuid?.() === 0;

/** Whether a program is on the system's path; without it a test is skipped. */
export function has(...programs: readonly string[]): boolean {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  return programs.every((program) => spawnSync('which', [program], { env: { PATH: path } }).status === 0);
}

/** Runs programs of the host on the host's tree; binds are made by bubblewrap, so stand-ins cover folders as in a build. */
export const hostTools: ToolRunner = {
  root: '/',
  run: (program, args, options: RunOptions = {}) => {
    const binds = (options.binds ?? []).flatMap(({ host, inside, readOnly }) => [
      readOnly === true ? '--ro-bind' : '--bind',
      host,
      inside,
    ]);
    const env = Object.entries(options.env ?? {}).flatMap(([name, value]) => ['--setenv', name, value]);
    const folder = options.cwd === undefined ? [] : ['--chdir', options.cwd];
    return exec('bwrap', ['--dev-bind', '/', '/', ...binds, ...env, ...folder, '--', program, ...args], {
      input: options.input,
      signal: options.signal,
    });
  },
};

/** A function that makes temporary folders, all removed after the file's tests. */
export function temporaryFolders(): (parent?: string) => Promise<string> {
  const made: string[] = [];
  afterAll(async () => {
    for (const folder of made) await rm(folder, { recursive: true, force: true });
  });
  return async (parent = tmpdir()) => {
    const folder = await mkdtemp(join(parent, 'ic-imagedisk-'));
    made.push(folder);
    return folder;
  };
}

export function partition(id: string, rest: Partial<PartitionConfig> = {}): PartitionConfig {
  return {
    id,
    name: id,
    type: 'linux',
    typeGuid: '0fc63daf-8483-4772-8e79-3d69d8477de4',
    fsType: 'none',
    start: MIB,
    flags: [],
    ...rest,
  };
}

/** An ESP of 40 MiB, a root and a data partition. */
export function exampleDisk(rest: Partial<DiskConfig> = {}): DiskConfig {
  return {
    name: 'example',
    size: 256 * MIB,
    partitionTableType: 'gpt',
    artifacts: [],
    partitions: [
      partition('esp', {
        type: 'esp',
        typeGuid: 'c12a7328-f81f-11d2-ba4b-00a0c93ec93b',
        fsType: 'vfat',
        fsLabel: 'ESP',
        start: MIB,
        end: 41 * MIB,
        mountPoint: '/boot/efi',
        flags: ['boot'],
      }),
      partition('root', {
        fsType: 'ext4',
        fsLabel: 'root',
        start: 41 * MIB,
        end: 160 * MIB,
        mountPoint: '/',
      }),
      partition('data', { fsType: 'ext4', start: 160 * MIB, mountPoint: '/opt' }),
    ],
    ...rest,
  };
}

/** A small root file system with all that is easily lost. `order` decides in which order folders list their names. */
export async function exampleTree(folder: string, order: 'forward' | 'backward' = 'forward'): Promise<void> {
  const file = (path: string, text: string) => async () => writeFile(join(folder, path), text);
  for (const path of [
    'etc',
    'usr/bin',
    'boot/efi/EFI/BOOT',
    'boot/efi/loader/entries',
    'opt/data',
    'odd dir',
  ]) {
    await mkdir(join(folder, path), { recursive: true });
  }
  const steps = [
    file('etc/hostname', 'example\n'),
    file('etc/shadow', 'root:*:::::::\n'),
    file('usr/bin/sudo', 'set-id\n'),
    file('usr/bin/ping', 'capable\n'),
    file('odd dir/quote" and\nline', 'odd\n'),
    file('boot/efi/EFI/BOOT/BOOTX64.EFI', 'x'.repeat(70_000)),
    file('boot/efi/loader/entries/a long name [1].conf', 'title\n'),
    file('boot/efi/loader/loader.conf', 'timeout 0\n'),
    file('opt/data/file', 'data\n'),
    ...Array.from({ length: 40 }, (_, index) => file(`etc/file-${index}`, `${index}\n`)),
  ];
  for (const step of order === 'forward' ? steps : steps.reverse()) await step();
  await link(join(folder, 'etc/hostname'), join(folder, 'usr/bin/hostname'));
  await symlink('../etc/hostname', join(folder, 'usr/bin/link'));
  const sparse = await open(join(folder, 'etc/sparse'), 'w');
  await sparse.write('end', 8 * MIB);
  await sparse.close();
  await truncate(join(folder, 'etc/sparse'), 9 * MIB);
  if (isRoot) {
    await chown(join(folder, 'etc/shadow'), 0, 42);
    await chown(join(folder, 'etc/file-1'), 100_000, 70_000);
    await chown(join(folder, 'opt'), 5, 6);
    await chown(folder, 3, 4);
    if (has('setcap')) await exec('setcap', ['cap_net_raw+ep', join(folder, 'usr/bin/ping')]);
  }
  await chmod(join(folder, 'etc/shadow'), 0o640);
  await chmod(join(folder, 'usr/bin/sudo'), 0o4755);
  await chmod(join(folder, 'opt'), 0o1777);
  await chmod(folder, 0o750);
}
