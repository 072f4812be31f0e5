import type { PartitionConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { checkAssembly } from './check-assembly.js';
import { exampleDisk, partition } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';

const planOf = (rest: Partial<PartitionConfig>) =>
  planDisk(exampleDisk({ partitions: [partition('root', { fsType: 'btrfs', mountPoint: '/', ...rest })] }), {
    seed: 'seed',
  });

describe('checkAssembly', () => {
  it.each([
    ['subvolumes', { subvolumes: [{ name: '@', mountPoint: '/' }] }],
    ['compression', { compression: 'zstd' }],
  ])('refuses %s without mounting', (key, rest) => {
    expect(() => checkAssembly(planOf(rest), 'direct')).toThrow(
      expect.objectContaining({
        code: 'PARTITION_INVALID',
        fault: 'request',
        message: expect.stringContaining(`"root" has "${key}"`),
        hint: expect.stringContaining('--assembly loop'),
      }),
    );
    expect(() => checkAssembly(planOf(rest), 'loop')).not.toThrow();
  });

  it('has nothing against a plain btrfs', () => {
    expect(() => checkAssembly(planOf({}), 'direct')).not.toThrow();
  });
});
