import { mkdir, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { FileSystemType } from '@ic/toolchain';
import { defaultContext, exec, sha256File } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { makeSwapFiles } from '../imageos/swap-files.js';
import { allocateSwapFiles } from './allocate-swap-files.js';
import { assembleDisk } from './assemble-disk.js';
import { exampleDisk, has, hostTools, MIB, partition, temporaryFolders } from './disk.test.fixture.js';
import { minimizeDisk } from './minimize-disk.js';
import { planDisk } from './plan-disk.js';

const temporary = temporaryFolders();
const EPOCH = 1_700_000_000;
const SIZE = 24 * MIB;

async function assembled(fsType: FileSystemType, minimize = false) {
  const folder = await temporary();
  const [rootfs, work, image] = ['rootfs', 'work', 'image.raw'].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  for (const path of [rootfs, work]) await mkdir(path);
  await writeFile(join(rootfs, 'file'), 'x');
  const swapFiles = [{ path: '/var/swap', size: SIZE }];
  const root = partition('root', { fsType, end: 90 * MIB, mountPoint: '/', minimize, swapFiles });
  const config = exampleDisk({ size: 100 * MIB, partitions: [root] });
  const planned = planDisk(config, { seed: 'seed' });
  await makeSwapFiles({ rootfs, plan: planned });
  const rest = {
    rootfs,
    work,
    tools: hostTools,
    epoch: EPOCH,
    context: defaultContext(),
    mode: 'direct',
  } as const;
  const plan = await minimizeDisk(planned, rest);
  await writeFile(image, '');
  await truncate(image, plan.size);
  const options = { ...rest, plan, image };
  await assembleDisk(options);
  const debugfs = async (request: string) =>
    (await exec('debugfs', ['-R', request, `${image}?offset=${MIB}`])).stdout;
  return { image, plan, debugfs, options, start: MIB };
}

describe.skipIf(!has('bwrap', 'mke2fs', 'debugfs', 'e2fsck', 'blkid'))('a swap file', () => {
  it.each(['ext4', 'ext3', 'ext2'] as const)('is whole on %s, and its file system sound', async (fsType) => {
    const { image, debugfs, start } = await assembled(fsType);
    const blocks = (await debugfs('blocks /var/swap')).trim().split(/\s+/);
    expect(blocks.filter((block) => block !== '0')).toHaveLength(
      // ext2 and ext3 have seven blocks of block numbers, where ext4 has two extents.
      SIZE / 4096 + (fsType === 'ext4' ? 0 : 7),
    );
    expect(await debugfs('stat /var/swap')).toMatch(/Mode: {2}0600 [\s\S]*Size: 25165824\n/);
    const header = (await debugfs('cat /var/swap')).slice(4086, 4096);
    expect(header).toBe('SWAPSPACE2');
    const { status, stdout } = await exec('e2fsck', ['-f', '-n', `${image}?offset=${start}`], {
      allow: [0, 4],
    });
    expect([status, stdout]).toEqual([0, expect.anything()]);
  });

  it('takes next to nothing of the image on ext4', async () => {
    const { image } = await assembled('ext4');
    expect((await stat(image)).blocks * 512).toBeLessThan(6 * MIB);
  });

  it('counts in a partition that is as small as its content', async () => {
    const { plan } = await assembled('ext4', true);
    expect(plan.partitions[0]?.size).toBeGreaterThan(SIZE + 16 * MIB);
    expect(plan.partitions[0]?.size).toBeLessThan(60 * MIB);
  });

  it('gives the same bytes every time', async () => {
    const [one, other] = [await assembled('ext4'), await assembled('ext4')];
    expect(await sha256File(one.image)).toBe(await sha256File(other.image));
  });

  it('is an error where there is no such file', async () => {
    const { options, plan } = await assembled('ext4');
    const [root] = plan.partitions;
    if (root === undefined) throw new Error('no partition');
    const job = { ...options, partition: { ...root, swapFiles: [{ path: '/none', size: SIZE }] } };
    await expect(allocateSwapFiles({ ...job, content: undefined })).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringContaining('the swap file /none could not be made whole'),
    });
  });
});
