import type { DiskPlan } from '@ic/compose';
import { formatSize } from '@ic/utils';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

/** Partitions begin and end on whole ones. */
const MIB = 1024 ** 2;
const HEADINGS = [
  ...['number', 'id', 'start', 'size', 'type', 'file system', 'label'],
  ...['mount point', 'flags', 'PARTUUID', 'UUID'],
];

/** `ic plan`: the disk that a template asks for, with every number and id that its build will write. */
export async function plan(template: string, flags: TemplateFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const room = await session.library.compose();
  const disk = await room.plan(request);
  session.reporter.value(planText(disk), disk);
  return 0;
}

/** For each disk one line, one for the headings, one for each partition; `-` is where there is nothing. Pure. */
function planText(plan: DiskPlan): string {
  const more = (plan.additionalDisks ?? []).map((disk) => `\n${disk.name}: ${diskText(disk)}`);
  return [diskText(plan), ...more].join('');
}

function diskText({ table, size, diskId, partitions }: DiskPlan): string {
  const rows = partitions.map((one) => [
    String(one.number),
    one.id,
    `${one.start / MIB} MiB`,
    `${one.size / MIB} MiB`,
    one.type ?? one.typeGuid,
    `${one.fsType}${one.fatBits === undefined ? '' : ` (FAT${one.fatBits})`}`,
    one.fsLabel ?? '-',
    mountPoints(one),
    one.flags.join(',') || '-',
    one.partUuid,
    one.fsUuid ?? '-',
  ]);
  const all = [HEADINGS, ...rows];
  const widths = HEADINGS.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    `${row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join('  ')
      .trimEnd()}\n`;
  return `${table} ${formatSize(size)} ${diskId}\n${all.map(line).join('')}`;
}

/** Where a partition and its subvolumes are mounted. */
function mountPoints({ mountPoint = '-', subvolumes = [] }: DiskPlan['partitions'][number]): string {
  const below = subvolumes.map((one) => `${one.mountPoint}=${one.name}`);
  return below.length === 0 ? mountPoint : below.join(',');
}
