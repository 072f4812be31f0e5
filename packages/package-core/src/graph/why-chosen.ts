import { nearest } from '@ic/utils';
import type { PackageRef } from '../contract.js';
import { PackageError } from '../errors.js';
import type { DependencyGraph } from './dependency-graph.js';
import { type DependencyChain, shortestChains } from './shortest-chains.js';

/**
 * The shortest chain that brings each package of a name into a set. It begins with something that was asked for where
 * there is such a chain; else nothing but the base needs the package, and `root.base` is true.
 *
 * @param name also with an architecture or a version behind it: `name:arch`, `name.arch`, `name=version`
 * @throws PackageError PACKAGE_NOT_CHOSEN, the fault of the request
 */
export function whyChosen(graph: DependencyGraph, name: string): readonly DependencyChain[] {
  const found = graph.packages.filter((pkg) => namesOf(pkg).includes(name));
  if (found.length === 0) {
    const near = nearest(
      name,
      graph.packages.map((pkg) => pkg.name),
    );
    throw new PackageError('PACKAGE_NOT_CHOSEN', `"${name}" is not among the packages of this image`, {
      fault: 'request',
      hint:
        near.length > 0
          ? `did you mean ${near.join(' or ')}?`
          : '"ic resolve TEMPLATE --packages" lists those that are',
      details: { package: name, near },
    });
  }
  const asked = shortestChains(
    graph,
    graph.roots.filter(({ base }) => !base),
  );
  const all = shortestChains(graph, graph.roots);
  return found.flatMap((pkg) => asked.get(pkg) ?? all.get(pkg) ?? []);
}

function namesOf({ name, architecture, version }: PackageRef): string[] {
  return [name, `${name}:${architecture}`, `${name}.${architecture}`, `${name}=${version}`];
}
