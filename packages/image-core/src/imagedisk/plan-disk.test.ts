import type { DiskConfig, PartitionConfig } from '@ic/toolchain';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../errors.js';
import { exampleDisk, MIB, partition } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';

const options = { seed: 'seed' };
const root = (rest: Partial<PartitionConfig> = {}) =>
  partition('root', { fsType: 'ext4', mountPoint: '/', ...rest });
const disk = (partitions: readonly PartitionConfig[], rest: Partial<DiskConfig> = {}) =>
  exampleDisk({ partitions, ...rest });

describe('planDisk', () => {
  it('settles positions and ids', () => {
    const plan = planDisk(exampleDisk(), options);
    expect(plan.partitions.map(({ number, start, size }) => [number, start / MIB, size / MIB])).toEqual([
      [1, 1, 40],
      [2, 41, 119],
      [3, 160, 95], // the last MiB holds the backup table
    ]);
    const uuid = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
    expect(plan.diskId).toMatch(uuid);
    expect(plan.partitions[0]?.fsUuid).toMatch(/^[0-9A-F]{4}-[0-9A-F]{4}$/);
    expect(plan.partitions[1]?.fsUuid).toMatch(uuid);
    expect(new Set(plan.partitions.flatMap((one) => [one.partUuid, one.fsUuid])).size).toBe(6);
  });

  it('depends on the seed alone', () => {
    expect(planDisk(exampleDisk(), options)).toEqual(planDisk(exampleDisk(), options));
    const other = planDisk(exampleDisk(), { seed: 'other' });
    expect(other.partitions[1]?.partUuid).not.toBe(planDisk(exampleDisk(), options).partitions[1]?.partUuid);
  });

  it('keeps the ids of a partition when others come and go', () => {
    const one = planDisk(disk([root({ start: 100 * MIB })]), options).partitions[0];
    const two = planDisk(disk([partition('new', { end: 2 * MIB }), root({ start: 100 * MIB })]), options);
    expect(two.partitions[1]).toEqual({ ...one, number: 2 });
  });

  it('rounds starts up and ends down to whole MiB', () => {
    const plan = planDisk(disk([root({ start: 1_000_000, end: 100_000_000 })]), options);
    expect(plan.partitions[0]).toMatchObject({ start: MIB, size: 94 * MIB });
  });

  it('uses the last MiB on MBR, where no backup table is', () => {
    const plan = planDisk(disk([root()], { partitionTableType: 'mbr' }), options);
    expect(plan.partitions[0]).toMatchObject({ start: MIB, size: 255 * MIB });
    expect(plan.diskId).toMatch(/^[0-9a-f]{8}$/);
    expect(plan.partitions[0]?.partUuid).toBe(`${plan.diskId}-01`);
  });

  const five = ['a', 'b', 'c', 'd'].map((id, index) =>
    partition(id, { start: (index + 1) * MIB, end: (index + 2) * MIB }),
  );
  it.each<[title: string, config: DiskConfig, code: string, message: RegExp]>([
    [
      'overlap',
      disk([root({ end: 100 * MIB }), partition('data', { start: 99 * MIB })]),
      'PARTITION_OVERLAP',
      /"root" \(1 to 100 MiB\) and "data" \(99 to 255 MiB\)/,
    ],
    ['two times the rest', disk([root(), partition('data')]), 'PARTITION_OVERLAP', /"root".*"data"/],
    [
      'an end behind the disk',
      disk([root({ end: 257 * MIB })]),
      'PARTITION_OUTSIDE',
      /"root" \(1 MiB to 257 MiB\).*256 MiB.*ends at 255 MiB/,
    ],
    ['an end in the backup table', disk([root({ end: 256 * MIB })]), 'PARTITION_OUTSIDE', /255 MiB/],
    [
      'a start behind the disk',
      disk([root({ start: 300 * MIB })]),
      'PARTITION_OUTSIDE',
      /300 MiB to the end/,
    ],
    [
      'a start in the table',
      disk([root({ start: 0 })]),
      'PARTITION_OUTSIDE',
      /begins inside the partition table/,
    ],
    [
      'no whole MiB',
      disk([root({ start: 2 * MIB }), partition('bios', { start: 17_408, end: MIB })]),
      'PARTITION_INVALID',
      /"bios" .* holds no whole MiB/,
    ],
    [
      'an end before the start',
      disk([root({ start: 9 * MIB, end: 3 * MIB })]),
      'PARTITION_INVALID',
      /holds no/,
    ],
    [
      'one id twice',
      disk([root({ end: 9 * MIB }), partition('root', { start: 9 * MIB })]),
      'PARTITION_INVALID',
      /same id, "root"/,
    ],
    [
      'one mount point twice',
      disk([root({ end: 9 * MIB }), root({ id: 'other', start: 9 * MIB })]),
      'PARTITION_INVALID',
      /"root" and "other" have the same mountPoint, "\/"/,
    ],
    ['no root', disk([partition('data')]), 'PARTITION_INVALID', /no partition has the mount point "\/"/],
    ['a FAT root', disk([root({ fsType: 'vfat' })]), 'PARTITION_INVALID', /FAT holds no owners/],
    [
      'a mount point without file system',
      disk([root({ fsType: 'none' })]),
      'PARTITION_INVALID',
      /no file system/,
    ],
    [
      'a label without file system',
      disk([root({ end: 9 * MIB }), partition('x', { start: 9 * MIB, fsLabel: 'x' })]),
      'PARTITION_INVALID',
      /"x" but no file system/,
    ],
    ...['relative', '/a/../b', '/a/', '//a', '/a b'].map(
      (mountPoint): [string, DiskConfig, string, RegExp] => [
        `the mount point ${mountPoint}`,
        disk([root({ end: 9 * MIB }), root({ id: 'x', start: 9 * MIB, mountPoint })]),
        'PARTITION_INVALID',
        /not a plain absolute path/,
      ],
    ),
    ['a long ext4 label', disk([root({ fsLabel: 'ä'.repeat(9) })]), 'PARTITION_INVALID', /at most 16 bytes/],
    [
      'a long FAT label',
      disk([
        root({ end: 9 * MIB }),
        partition('x', { start: 9 * MIB, fsType: 'vfat', fsLabel: 'TWELVE CHARS' }),
      ]),
      'PARTITION_INVALID',
      /at most 11/,
    ],
    ['a long GPT name', disk([root({ name: 'n'.repeat(37) })]), 'PARTITION_INVALID', /at most 36/],
    [
      'an unknown flag',
      disk([root({ flags: ['legacy-boot'] })]),
      'PARTITION_INVALID',
      /flag "legacy-boot", which GPT does not know/,
    ],
    [
      'a GPT flag on MBR',
      disk([root({ flags: ['no_auto'] })], { partitionTableType: 'mbr' }),
      'PARTITION_INVALID',
      /which MBR does not know/,
    ],
    [
      'boot on a GPT root',
      disk([root({ flags: ['boot'] })]),
      'PARTITION_INVALID',
      /on GPT is the type "esp"/,
    ],
    [
      'five on MBR',
      disk([...five, root({ start: 9 * MIB })], { partitionTableType: 'mbr' }),
      'PARTITION_INVALID',
      /holds 4 partitions, this disk has 5/,
    ],
    [
      '3 TiB on MBR',
      disk([root()], { partitionTableType: 'mbr', size: 3 * 1024 ** 4 }),
      'PARTITION_INVALID',
      /reaches 2 TiB, this disk has 3 TiB/,
    ],
  ])('refuses %s', (_title, config, code, message) => {
    const plan = () => planDisk(config, options);
    expect(plan).toThrow(ImageError);
    expect(plan).toThrow(expect.objectContaining({ code, fault: 'request', hint: expect.any(String) }));
    expect(plan).toThrow(message);
  });

  it('starts partitions at multiples of the alignment', () => {
    const plan = planDisk(
      disk([root({ start: 5 * MIB, end: 30 * MIB }), partition('p', { start: 30 * MIB, end: 50 * MIB })], {
        alignment: 4 * MIB,
      }),
      options,
    );
    expect(plan.partitions.map(({ start, size }) => [start / MIB, size / MIB])).toEqual([
      [8, 22],
      [32, 18],
    ]);
  });

  it('plans every disk, with ids of its own', () => {
    const more = (name: string, id: string, rest: Partial<PartitionConfig> = {}) => {
      const { additionalDisks: _, ...one } = disk([partition(id, rest)], { name, partitionTableType: 'mbr' });
      return one;
    };
    const plan = planDisk(disk([root()], { additionalDisks: [more('a', 'x'), more('b', 'y')] }), options);
    expect(plan.additionalDisks?.map(({ name, table }) => [name, table])).toEqual([
      ['a', 'mbr'],
      ['b', 'mbr'],
    ]);
    const ids = [plan, ...(plan.additionalDisks ?? [])].map(({ diskId }) => diskId.slice(0, 8));
    expect(new Set(ids).size).toBe(3);
    const twice = disk([root()], { additionalDisks: [more('a', 'root')] });
    expect(() => planDisk(twice, options)).toThrow(/"root" and "root" have the same id/);
    const mounted = { fsType: 'ext4', mountPoint: '/' } as const;
    const inside = disk([root()], { additionalDisks: [more('a', 'x', mounted)] });
    expect(() => planDisk(inside, options)).toThrow(/have the same mountPoint/);
  });

  it.each<[Partial<PartitionConfig>, RegExp]>([
    [{ fsType: 'xfs', end: 200 * MIB }, /too small for xfs, which begins at 300MiB|too small for xfs/],
    [{ fsType: 'btrfs', end: 100 * MIB }, /too small for btrfs/],
    [{ fsType: 'f2fs', end: 50 * MIB }, /too small for f2fs/],
  ])('refuses %j', (rest, message) => {
    expect(() => planDisk(disk([root(rest)]), options)).toThrow(message);
  });

  it('refuses on an MBR what has no byte there', () => {
    const plan = (rest: Partial<PartitionConfig>) => () =>
      planDisk(disk([root(rest)], { partitionTableType: 'mbr' }), options);
    expect(plan({ type: undefined, typeGuid: '8da63339-0007-60c0-c436-083ac8230908' })).toThrow(
      /the type 8da63339-0007-60c0-c436-083ac8230908, and an MBR has no byte for it/,
    );
    expect(plan({ type: 'bios' })).toThrow(/the type bios/);
    expect(plan({ type: 'linux-home' })).not.toThrow();
  });

  it('finds a subvolume and a partition with one mount point', () => {
    const subvolumes = [{ name: '@home', mountPoint: '/home' }];
    const config = disk([
      root({ fsType: 'btrfs', subvolumes, end: 200 * MIB }),
      partition('home', { fsType: 'ext4', mountPoint: '/home', start: 200 * MIB }),
    ]);
    expect(() => planDisk(config, options)).toThrow(/"root" and "home" have the same mountPoint, "\/home"/);
  });

  it('names the flag that was meant', () => {
    const plan = () => planDisk(disk([root({ flags: ['legacy-boot'] })]), options);
    expect(plan).toThrow(expect.objectContaining({ hint: 'did you mean "legacy_boot"?' }));
  });

  it('never plans partitions that overlap, are not aligned or leave the usable part', () => {
    const bytes = fc.integer({ min: 0, max: 300 * MIB });
    const partitions = fc.array(fc.record({ start: bytes, end: fc.option(bytes, { nil: undefined }) }), {
      minLength: 1,
      maxLength: 4,
    });
    let planned = 0;
    fc.assert(
      fc.property(
        partitions,
        fc.constantFrom('gpt' as const, 'mbr' as const),
        fc.integer({ min: 250 * MIB, max: 320 * MIB }),
        (list, partitionTableType, size) => {
          const config = disk(
            list.map(({ start, end }, index) =>
              partition(`p${index}`, {
                start,
                end,
                ...(index === 0 ? { fsType: 'ext4', mountPoint: '/' } : {}),
              }),
            ),
            { partitionTableType, size },
          );
          const plan = planOrRefuse(config);
          if (plan === undefined) return;
          planned += 1;
          const sorted = [...plan.partitions].sort((a, b) => a.start - b.start);
          let free = partitionTableType === 'gpt' ? 34 * 512 : 512;
          for (const { start, size: length } of sorted) {
            expect(start % MIB).toBe(0);
            expect(length % MIB).toBe(0);
            expect(length).toBeGreaterThan(0);
            expect(start).toBeGreaterThanOrEqual(free);
            free = start + length;
          }
          expect(free).toBeLessThanOrEqual(plan.size - (partitionTableType === 'gpt' ? 33 * 512 : 0));
          for (const [index, { start, end }] of list.entries()) {
            expect(plan.partitions[index]?.start).toBeGreaterThanOrEqual(start);
            const last = (plan.partitions[index]?.start ?? 0) + (plan.partitions[index]?.size ?? 0);
            if (end !== undefined) expect(last).toBeLessThanOrEqual(end);
          }
        },
      ),
      { numRuns: 2000 },
    );
    expect(planned).toBeGreaterThan(100);
  });
});

function planOrRefuse(config: DiskConfig) {
  try {
    return planDisk(config, options);
  } catch (error) {
    if (error instanceof ImageError && error.fault === 'request') return undefined;
    throw error;
  }
}
