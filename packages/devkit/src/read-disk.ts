import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ManifestDisk } from '@ic/toolchain';
import { exec } from '@ic/utils';

/** What other people's programs say about a disk image. */
export interface DiskFacts {
  /** In the manifest's words, so that one can be compared with the other. */
  readonly disk: Omit<ManifestDisk, 'partitions'> & { readonly partitions: readonly PartitionFacts[] };
  /** What sgdisk and the check of each file system found wrong; empty when all is well. */
  readonly complaints: readonly string[];
}

export type PartitionFacts = Omit<ManifestDisk['partitions'][number], 'id' | 'mountPoint'>;

interface SfdiskTable {
  readonly label: string;
  readonly id: string;
  readonly sectorsize: number;
  readonly partitions: readonly {
    readonly node: string;
    readonly start: number;
    readonly size: number;
    readonly type: string;
    readonly uuid?: string | undefined;
    readonly name?: string | undefined;
  }[];
}

/**
 * Reads a raw disk image with util-linux, gdisk and the programs of each file system, without mounting it and without a privilege.
 *
 * @throws UtilsError EXEC_FAILED, EXEC_NOT_FOUND
 */
export async function readDisk(image: string): Promise<DiskFacts> {
  const { stdout } = await exec('sfdisk', ['--json', image]);
  const { partitiontable: table } = JSON.parse(stdout) as { partitiontable: SfdiskTable };
  const complaints: string[] = [];
  const partitions: PartitionFacts[] = [];
  for (const row of table.partitions) {
    const start = row.start * table.sectorsize;
    const size = row.size * table.sectorsize;
    const found = await probe(image, start, size);
    const number = Number(row.node.slice(image.length));
    const fsType = found.TYPE ?? 'none';
    partitions.push({
      number,
      name: row.name ?? '',
      typeGuid: row.type.toLowerCase(),
      partUuid: row.uuid?.toLowerCase() ?? mbrPartUuid(table.id, number),
      start,
      size,
      fsType,
      ...(found.UUID === undefined ? {} : { fsUuid: found.UUID }),
    });
    if (fsType.startsWith('ext'))
      complaints.push(...(await complaintsOf('e2fsck', ['-fn', at(image, start)])));
    const checker = CHECKERS[fsType];
    if (checker !== undefined) complaints.push(...(await checkCopy(image, { start, size }, checker)));
  }
  if (table.label === 'gpt') complaints.push(...(await checkGpt(image)));
  const file = await open(image);
  const { size } = await file.stat().finally(() => file.close());
  const diskId = table.id.toLowerCase().replace(/^0x/, '');
  return { disk: { table: table.label === 'dos' ? 'mbr' : 'gpt', size, diskId, partitions }, complaints };
}

/** Runs a debugfs command (debugfs(8)) on the ext4 that begins at a byte of the image; nothing is written. */
export async function debugfs(image: string, start: number, request: string): Promise<string> {
  const { stdout } = await exec('debugfs', ['-R', request, at(image, start)]);
  return stdout;
}

/** e2fsprogs' way to name a file system inside a file. */
function at(image: string, start: number): string {
  return `${image}?offset=${start}`;
}

function mbrPartUuid(diskId: string, number: number): string {
  return `${diskId.toLowerCase().replace(/^0x/, '')}-${number.toString(16).padStart(2, '0')}`;
}

/** Low-level probing of one partition; an empty result for one without a file system. */
async function probe(image: string, start: number, size: number): Promise<Record<string, string>> {
  const place = [
    '--probe',
    '--usages',
    'filesystem,other',
    '--offset',
    String(start),
    '--size',
    String(size),
  ];
  const { stdout } = await exec('blkid', [...place, '--output', 'export', image], { allow: [0, 2] });
  return Object.fromEntries(
    stdout.split('\n').flatMap((line) => {
      const [, name, value] = /^(\w+)=(.*)$/.exec(line) ?? [];
      return name === undefined || value === undefined ? [] : [[name, value]];
    }),
  );
}

async function complaintsOf(program: string, args: readonly string[]): Promise<string[]> {
  const { status, stdout, stderr } = await exec(program, args, { allow: [0, 1, 2, 4, 8, 12, 16] });
  return status === 0 ? [] : [`${program} ended with status ${status}:\n${stdout}${stderr}`];
}

/** sgdisk ends with status 0 whatever it finds. */
async function checkGpt(image: string): Promise<string[]> {
  const { stdout } = await exec('sgdisk', ['--verify', image]);
  return stdout.includes('No problems found') ? [] : [`sgdisk: ${stdout}`];
}

/** Programs that look at a whole file, change nothing and end with another status than 0 when something is wrong. */
const CHECKERS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  vfat: ['fsck.fat', '-n'],
  xfs: ['xfs_repair', '-n', '-f'],
  btrfs: ['btrfs', 'check', '--readonly'],
  f2fs: ['fsck.f2fs', '--dry-run'],
  erofs: ['fsck.erofs'],
  squashfs: ['unsquashfs', '-quiet', '-lls'],
};

/** They take no offset: each gets a copy, whose holes cost nothing. */
async function checkCopy(
  image: string,
  { start, size }: { readonly start: number; readonly size: number },
  [program, ...args]: readonly [string, ...string[]],
): Promise<string[]> {
  const folder = await mkdtemp(join(tmpdir(), 'ic-check-'));
  try {
    const copy = join(folder, 'partition');
    const range = ['iflag=skip_bytes,count_bytes', `skip=${start}`, `count=${size}`, 'bs=1M'];
    await exec('dd', [`if=${image}`, `of=${copy}`, ...range, 'conv=sparse', 'status=none']);
    return await complaintsOf(program, [...args, copy]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
