import { nameGlob } from '@ic/package-core';
import { IcError } from '@ic/utils';
import type { LeftOut } from '../packages-index.js';
import { hasPackage, type PackagesTable } from '../packages-table.js';
import { type PackagesRequest, readPackagesTables } from './read-packages.js';

/**
 * Where a suite has packages of these names that are not among those that are seen: in components that the repository
 * offers and that nobody asked for, or left out by allowPackages. Lists are read, proven and kept as all others are; one
 * that cannot be had is passed over, since this only serves messages.
 *
 * @throws UtilsError CANCELLED
 */
export async function findLeftOut(names: Iterable<string>, request: PackagesRequest): Promise<LeftOut[]> {
  const { target, release } = request;
  const { name: repository, components, allowPackages } = target.repository;
  const wanted = [...names];
  const isAllowed = allowPackages === undefined ? () => true : nameGlob(allowPackages);
  // Security suites may say `updates/main` of what is `main` everywhere else.
  const isOwn = (component: string) => components.includes(component.replace(/^.*\//, ''));
  const others = target.flat ? [] : release.components.filter((component) => !isOwn(component));
  const unnamed = wanted.filter((name) => !isAllowed(name));
  const places = [
    ...(unnamed.length > 0 ? [{ read: components, component: undefined, sought: unnamed }] : []),
    ...others.map((component) => ({ read: [component], component, sought: wanted })),
  ];
  const found = places.map(async ({ read, component, sought }) => {
    const lists = await readLists(request, read);
    return sought
      .filter((name) => lists.some((table) => hasPackage(table, name)))
      .map((name) => ({ name, repository, suite: target.suite, component }));
  });
  return (await Promise.all(found)).flat();
}

async function readLists(request: PackagesRequest, components: readonly string[]): Promise<PackagesTable[]> {
  const { target } = request;
  const repository = { ...target.repository, components };
  try {
    return await readPackagesTables({ ...request, target: { ...target, repository } });
  } catch (error) {
    if (error instanceof IcError && error.fault !== 'cancelled') return [];
    throw error;
  }
}
