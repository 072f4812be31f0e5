import { open, readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { exampleDisk, has, MIB, partition, temporaryFolders } from './disk.test.fixture.js';
import { knownFlags } from './partition-attributes.js';
import { planDisk } from './plan-disk.js';
import { writePartitionTable } from './write-partition-table.js';

const temporary = temporaryFolders();
const seed = { seed: 'seed' };

async function imageOf(plan: ReturnType<typeof planDisk>): Promise<string> {
  const image = join(await temporary(), 'disk.raw');
  await writeFile(image, '');
  await truncate(image, plan.size);
  await writePartitionTable(image, plan);
  return image;
}

async function sfdisk(image: string): Promise<unknown> {
  return JSON.parse((await exec('sfdisk', ['-J', image])).stdout);
}

const everyFlag = exampleDisk({
  partitions: [
    ...exampleDisk().partitions.slice(0, 2),
    partition('flags', {
      name: 'Größe und Länge',
      start: 160 * MIB,
      flags: knownFlags('gpt').filter((flag) => !['boot', 'esp', 'bios_grub'].includes(flag)),
    }),
  ],
});

describe('writePartitionTable', () => {
  it.skipIf(!has('sfdisk'))('writes the GPT that sfdisk reads', async () => {
    const plan = planDisk(everyFlag, seed);
    const [esp, root, flags] = plan.partitions.map(({ partUuid }) => partUuid.toUpperCase());
    const image = await imageOf(plan);
    expect(await sfdisk(image)).toMatchObject({
      partitiontable: {
        label: 'gpt',
        id: plan.diskId.toUpperCase(),
        firstlba: 34,
        lastlba: 524254,
        sectorsize: 512,
        partitions: [
          { start: 2048, size: 81920, type: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', uuid: esp, name: 'esp' },
          {
            start: 83968,
            size: 243712,
            type: '0FC63DAF-8483-4772-8E79-3D69D8477DE4',
            uuid: root,
            name: 'root',
          },
          {
            start: 327680,
            uuid: flags,
            name: 'Größe und Länge',
            attrs: 'RequiredPartition NoBlockIOProtocol LegacyBIOSBootable GUID:59,60,62,63',
          },
        ],
      },
    });
    expect((await exec('sfdisk', ['--verify', image])).stdout).toContain('No errors detected');
  });

  it.skipIf(!has('sgdisk'))('writes both copies so that sgdisk finds no problem', async () => {
    const image = await imageOf(planDisk(everyFlag, seed));
    const verified = (await exec('sgdisk', ['-v', image])).stdout;
    expect(verified).toContain('No problems found');
    expect(verified).not.toContain('Caution');
    const wiped = await open(image, 'r+');
    await wiped.write(Buffer.alloc(512), 0, 512, 512);
    await wiped.close();
    expect((await exec('sgdisk', ['-v', image])).stdout).toContain('corrupt GPT');
    expect((await exec('sgdisk', ['-p', image], { allow: [0, 2] })).stdout).toContain('Größe und Länge');
  });

  it.skipIf(!has('sfdisk'))('writes the MBR that sfdisk reads', async () => {
    const plan = planDisk(
      exampleDisk({
        partitionTableType: 'mbr',
        partitions: [
          ...exampleDisk()
            .partitions.slice(0, 1)
            .map((esp) => ({ ...esp, flags: ['esp'] })),
          partition('root', {
            fsType: 'ext4',
            mountPoint: '/',
            start: 41 * MIB,
            end: 100 * MIB,
            flags: ['boot'],
          }),
          partition('fat', { fsType: 'vfat', start: 100 * MIB, end: 150 * MIB }),
          partition('swap', { type: 'linux-swap', start: 150 * MIB }),
        ],
      }),
      seed,
    );
    expect(await sfdisk(await imageOf(plan))).toMatchObject({
      partitiontable: {
        label: 'dos',
        id: `0x${plan.diskId}`,
        partitions: [
          { start: 2048, size: 81920, type: 'ef' },
          { start: 83968, size: 120832, type: '83', bootable: true },
          { start: 204800, size: 102400, type: 'e' },
          { start: 307200, size: 217088, type: '82' },
        ],
      },
    });
  });

  it.skipIf(!has('blkid'))('gives the ids that blkid reads', async () => {
    for (const partitionTableType of ['gpt', 'mbr'] as const) {
      const plan = planDisk(exampleDisk({ partitionTableType }), seed);
      const found = await exec('blkid', ['-p', '-s', 'PTUUID', '-o', 'value', await imageOf(plan)]);
      expect(found.stdout.trim()).toBe(plan.diskId);
    }
  });

  it('leaves boot code and everything behind the table alone', async () => {
    for (const partitionTableType of ['gpt', 'mbr'] as const) {
      const image = join(await temporary(), 'disk.raw');
      const before = Buffer.alloc(8 * MIB, 0xa5);
      await writeFile(image, before);
      const small = partition('root', { fsType: 'ext4', mountPoint: '/' });
      const plan = planDisk(exampleDisk({ size: 8 * MIB, partitionTableType, partitions: [small] }), seed);
      await writePartitionTable(image, plan);
      const after = await readFile(image);
      const [first, last] = partitionTableType === 'gpt' ? [34 * 512, 33 * 512] : [512, 0];
      expect(after.subarray(0, 440).equals(before.subarray(0, 440))).toBe(true);
      expect(after.subarray(510, 512).toString('hex')).toBe('55aa');
      const data = [first, after.length - last] as const;
      expect(after.subarray(...data).equals(before.subarray(...data))).toBe(true);
    }
  });
});
