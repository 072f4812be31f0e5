import type { RunOptions, ToolRunner } from '@ic/toolchain';
import type { Context } from '@ic/utils';
import type { DiskPlan, PlannedPartition } from './disk-plan.js';
import type { PartitionContent } from './partition-content.js';

/** What the makers of file systems are told. */
export interface PartitionJob {
  readonly plan: DiskPlan;
  readonly partition: PlannedPartition;
  /** Absolute path of the image file, already as large as the disk. */
  readonly image: string;
  /** Undefined makes an empty file system. */
  readonly content: PartitionContent | undefined;
  readonly tools: ToolRunner;
  /** Seconds since 1970. */
  readonly epoch: number;
  readonly context: Context;
}

/** The image's folder, the content read-only, and the stand-ins over what is on other partitions; paths as outside unless the
 * content says another. */
export function bindsOf(
  imageFolder: string,
  content: PartitionContent | undefined,
): NonNullable<RunOptions['binds']> {
  const binds = [{ host: imageFolder, inside: imageFolder }];
  if (content === undefined) return binds;
  const { folder: root, inside = root, covered } = content;
  return [
    ...binds,
    { host: root, inside, readOnly: true },
    ...covered.map(({ folder, standIn }) => ({
      host: standIn,
      inside: `${inside}${folder.slice(root.length)}`,
      readOnly: true,
    })),
  ];
}

/** The environment in which e2fsprogs, dosfstools and mtools write `epoch` instead of the time of day, in UTC. */
export function fixedTime(epoch: number): Readonly<Record<string, string>> {
  return { SOURCE_DATE_EPOCH: String(epoch), E2FSPROGS_FAKE_TIME: String(epoch), TZ: 'UTC' };
}
