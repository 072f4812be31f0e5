import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { PlannedPartition } from '../imagedisk/disk-plan.js';
import { configureGrowth, growthFiles } from './growth.js';
import { makeSystem } from './image-fixture.test.helper.js';

const ROOT = '4f68bce3-e8cd-4db1-96e7-fbcaf984b709';

function plan(...partitions: Partial<PlannedPartition>[]) {
  const fixed = { name: '', start: 0, size: 0, flags: [], partUuid: '', fsType: 'ext4' } as const;
  return {
    ...({ table: 'gpt', size: 0, sectorSize: 512, diskId: '' } as const),
    partitions: partitions.map((one, index) => ({
      ...{ ...fixed, id: `p${index + 1}`, number: index + 1, typeGuid: ROOT },
      ...one,
    })),
  };
}

describe('growthFiles', () => {
  it('has none where nothing grows', () => {
    expect(growthFiles(plan({}, {}))).toEqual([]);
  });

  it('gives all space to the partition that grows, past others of its type', () => {
    expect(growthFiles(plan({}, { typeGuid: 'esp' }, { id: 'root', grows: true }))).toEqual([
      ['001-p1.conf', `[Partition]\nType=${ROOT}\nWeight=0\n`],
      ['003-root.conf', `[Partition]\nType=${ROOT}\nWeight=1000\n`],
    ]);
  });
});

it('configureGrowth writes them', async () => {
  const { image, rootfs } = makeSystem({ tree: {} });
  await configureGrowth({ ...image, plan: plan({ grows: true }) });
  expect(readFileSync(join(rootfs, 'etc/repart.d/001-p1.conf'), 'utf8')).toContain('Weight=1000');
});
