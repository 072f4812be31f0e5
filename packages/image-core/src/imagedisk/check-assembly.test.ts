import type { PartitionConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { checkAssembly } from './check-assembly.js';
import { exampleDisk, MIB, partition } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';

const planOf = (rest: Partial<PartitionConfig>) =>
  planDisk(exampleDisk({ partitions: [partition('root', { fsType: 'btrfs', mountPoint: '/', ...rest })] }), {
    seed: 'seed',
  });

const withData = (rest: Partial<PartitionConfig>) => {
  const root = partition('root', { fsType: 'ext4', mountPoint: '/', end: 256 * MIB });
  const data = partition('data', { start: 256 * MIB, mountPoint: '/opt', ...rest });
  return planDisk(exampleDisk({ size: 1024 * MIB, partitions: [root, data] }), { seed: 'seed' });
};

describe('checkAssembly', () => {
  it.each([
    ['subvolumes', { subvolumes: [{ name: '@', mountPoint: '/' }] }],
    ['compression', { compression: 'zstd' }],
  ])('refuses %s without mounting', (key, rest) => {
    expect(() => checkAssembly(planOf(rest), { mode: 'direct' })).toThrow(
      expect.objectContaining({
        code: 'PARTITION_INVALID',
        fault: 'request',
        message: expect.stringContaining(`"root" has "${key}"`),
        hint: expect.stringContaining('--assembly loop'),
      }),
    );
    expect(() => checkAssembly(planOf(rest), { mode: 'loop' })).not.toThrow();
  });

  it('has nothing against a plain btrfs', () => {
    expect(() => checkAssembly(planOf({}), { mode: 'direct' })).not.toThrow();
  });

  it.each(['xfs', 'btrfs', 'f2fs'] as const)('refuses labels of SELinux on %s without mounting', (fsType) => {
    const plan = withData({ fsType });
    expect(() => checkAssembly(plan, { mode: 'direct', isLabelled: true })).toThrow(
      expect.objectContaining({
        code: 'PARTITION_INVALID',
        message: expect.stringContaining(`"data" is ${fsType}`),
        hint: expect.stringContaining('--assembly loop'),
      }),
    );
    expect(() => checkAssembly(plan, { mode: 'loop', isLabelled: true })).not.toThrow();
    const empty = withData({ fsType, mountPoint: undefined });
    expect(() => checkAssembly(empty, { mode: 'direct', isLabelled: true })).not.toThrow();
  });

  it.each(['ext2', 'ext4', 'erofs', 'squashfs', 'vfat'] as const)(
    'has nothing against labels on %s',
    (fsType) => {
      const plan = withData({ fsType });
      expect(() => checkAssembly(plan, { mode: 'direct', isLabelled: true })).not.toThrow();
    },
  );
});
