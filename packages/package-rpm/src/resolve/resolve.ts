import {
  dependencyGraph,
  nameGlob,
  PackageSolver,
  packageIdTest,
  type Resolution,
  type ResolveRequest,
} from '@ic/package-core';
import { packageRef } from '../packages-index.js';
import type { RpmIndex } from '../rpm-package.js';
import { goalsOf } from './goals.js';
import { architecturesOf, parseRequestItem } from './request-item.js';
import { createUniverse } from './universe.js';
import { unsolvableRpms } from './unsolvable.js';

/**
 * Chooses a set of packages that has everything that a request asks for and all that it needs, and nothing that
 * anything in it conflicts with or obsoletes. It finds one whenever there is one, and the same one for the same
 * packages in any order. docs/solver.md says which one it prefers. Filelists are read when a package that is considered
 * asks for a file that primary metadata does not tell of. `request.base` means nothing here: rpm knows no essential packages.
 *
 * @param architecture of the target, in rpm's words: `x86_64`
 * @throws PackageError PACKAGE_UNKNOWN, PACKAGE_UNSOLVABLE (both the fault of the request), and as reading metadata
 */
export async function resolve(
  index: RpmIndex,
  request: ResolveRequest,
  architecture: string,
): Promise<Resolution> {
  const patterns = request.exclude.map((pattern) => ({ pattern, matches: nameGlob([pattern]) }));
  const items = request.packages.map((text) => parseRequestItem(text, index));
  await index.findOwners(items.flatMap(({ name }) => (name.startsWith('/') ? [name] : [])));
  for (;;) {
    const universe = createUniverse(index, {
      architectures: architecturesOf(items, architecture),
      recommends: request.recommends,
      excludedBy: (name) => patterns.find(({ matches }) => matches(name))?.pattern,
      isLocked: packageIdTest(request.prefer ?? []),
    });
    const goals = goalsOf(index, universe, { items, exclude: request.exclude, architecture });
    const outcome = new PackageSolver(universe).solve(goals);
    if (universe.unknownPaths.size > 0) {
      await index.findOwners(universe.unknownPaths);
      continue;
    }
    if (!outcome.solved) throw unsolvableRpms(index, universe, outcome.explanation);
    const byText = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
    const chosen = [...outcome.packages].sort(
      (a, b) => byText(a.name, b.name) || byText(a.architecture, b.architecture),
    );
    const packages = new Map(chosen.map((pkg) => [pkg, packageRef(pkg)]));
    return {
      packages: [...packages.values()],
      graph: () => dependencyGraph({ packages, goals, universe }),
    };
  }
}
