import {
  dependencyGraph,
  nameGlob,
  PackageSolver,
  packageIdTest,
  type Resolution,
  type ResolveRequest,
} from '@ic/package-core';
import { packageRef } from '../packages-index.js';
import { goalsOf, isBase } from './goals.js';
import { createUniverse, type PackageSource } from './universe.js';
import { unsolvableDebs } from './unsolvable.js';

/**
 * Chooses a set of packages that has everything that a request asks for, the base of every image and all that these
 * need, and nothing that anything in it conflicts with. It finds one whenever there is one, and the same one for the
 * same packages in any order. docs/solver.md says which one it prefers.
 *
 * @param architecture of the target, in Debian's words: `amd64`
 * @throws PackageError PACKAGE_UNKNOWN, PACKAGE_UNSOLVABLE (both the fault of the request), REPOSITORY_INVALID
 */
export function resolve(index: PackageSource, request: ResolveRequest, architecture: string): Resolution {
  const patterns = request.exclude.map((pattern) => ({ pattern, matches: nameGlob([pattern]) }));
  const universe = createUniverse(index, {
    architecture,
    recommends: request.recommends,
    excludedBy: (name) => patterns.find(({ matches }) => matches(name))?.pattern,
    isLocked: packageIdTest(request.prefer ?? []),
  });
  const goals = goalsOf(index, universe, request);
  const outcome = new PackageSolver(universe).solve(goals);
  if (!outcome.solved) throw unsolvableDebs(index, universe, outcome.explanation);
  const chosen = [...outcome.packages].sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0));
  const packages = new Map(chosen.map((pkg) => [pkg, packageRef(pkg)]));
  return {
    packages: [...packages.values()],
    graph: () => dependencyGraph({ packages, goals, universe, isBase: ({ because }) => isBase(because) }),
  };
}
