import type { PackageRef } from '@ic/package-core';
import type { Context } from '@ic/utils';
import type { Opened } from './solve.js';

/**
 * Tells of packages that the target has and that come from a repository of the template, for no other reason than that
 * they are newer there: PACKAGE_REPLACED. Where the template gives that repository a higher priority it is meant so.
 */
export function warnOfReplaced(
  packages: readonly PackageRef[],
  { index, repositories }: Pick<Opened, 'index' | 'repositories'>,
  { events }: Pick<Context, 'events'>,
): void {
  const added = new Map(
    repositories.filter((one) => one.added === true).map((one) => [one.name, one.priority]),
  );
  const replaced = packages.flatMap(({ name, version, repository }) => {
    const priority = added.get(repository);
    if (priority === undefined) return [];
    const own = index.packagesNamed(name).filter((one) => !added.has(one.repository));
    const isPreferred = own.every((one) => one.priority < priority);
    return isPreferred ? [] : `${name} ${version} (${repository})`;
  });
  if (replaced.length === 0) return;
  events({
    type: 'warning',
    code: 'PACKAGE_REPLACED',
    message: `repositories of the template take the place of the target's own for ${replaced.join(', ')}; "allowPackages" or a lower "priority" keeps the target's`,
  });
}
