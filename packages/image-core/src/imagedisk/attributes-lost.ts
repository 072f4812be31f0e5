import type { IcEvent } from '@ic/utils';
import { pathInImage } from './content-files.js';
import type { ExtendedAttributes } from './extended-attributes.js';
import type { PartitionContent } from './partition-content.js';
import type { PartitionJob } from './partition-job.js';

/** Files that the warning names. */
const NAMED = 5;

/**
 * The warning that files lose attributes. Pure.
 *
 * @param paths of the image; at least one
 */
export function attributesLost(where: string, paths: readonly string[]): IcEvent {
  const sorted = [...paths].sort();
  const more = sorted.length > NAMED ? ` and ${sorted.length - NAMED} more` : '';
  const lose = sorted.length === 1 ? 'loses its own' : 'lose theirs';
  const message = `${where}: ${sorted.slice(0, NAMED).join(', ')}${more} ${lose}`;
  return { type: 'warning', code: 'ATTRIBUTES_LOST', message };
}

/** Warns of the ACLs in a partition's content, which a program that fills it does not take over. */
export function warnOfAcls(
  { partition, context }: Pick<PartitionJob, 'partition' | 'context'>,
  { folder, covered }: PartitionContent,
  attributes: ExtendedAttributes,
  program: string,
): void {
  const elsewhere = covered.map((one) => `${one.folder.slice(folder.length + 1)}/`);
  const lost = [...attributes].flatMap(([path, values]) =>
    [...values.keys()].some(isAcl) && !elsewhere.some((above) => path.startsWith(above))
      ? [pathInImage(partition, path)]
      : [],
  );
  if (lost.length === 0) return;
  context.events(attributesLost(`${program} takes over no ACLs (partition "${partition.id}")`, lost));
}

/** @param name of an extended attribute (acl(5)) */
export function isAcl(name: string): boolean {
  return name.startsWith('system.posix_acl_');
}
