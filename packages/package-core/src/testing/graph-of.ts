import type { PackageRef } from '../contract.js';
import { type DependencyGraph, dependencyGraph } from '../graph/dependency-graph.js';
import type { Constraint, Requirement } from '../solver/problem.js';

/** A package `name`, or `name:architecture`, of which only the identity matters. */
export function packageRefOf(text: string): PackageRef {
  const [name = '', architecture = 'amd64'] = text.split(':');
  return {
    ...{ name, architecture, version: '1', repository: 'base', location: `pool/${name}.deb` },
    ...{ size: 1, sha256: 'a'.repeat(64), installedSize: 1 },
  };
}

/** The graph of a set in which each package depends on those behind it; of `a|b` one is enough. */
export function graphOf(
  set: Readonly<Record<string, readonly string[]>>,
  asked: readonly string[],
  base: readonly string[] = [],
): DependencyGraph {
  const depends = (text: string): Requirement<string> => ({
    kind: 'requirement',
    anyOf: text.split('|'),
    because: `Depends: ${text}`,
  });
  const essential = base.map((name) => ({ ...depends(name), because: 'Essential: yes' }));
  return dependencyGraph({
    packages: new Map(Object.keys(set).map((name) => [name, packageRefOf(name)])),
    goals: [...essential, ...asked.map((name) => ({ ...depends(name), because: name }))],
    universe: { constraintsOf: (name): Constraint<string>[] => (set[name] ?? []).map(depends) },
    isBase: ({ because }) => because === 'Essential: yes',
  });
}
