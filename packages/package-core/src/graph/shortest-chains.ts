import type { PackageRef } from '../contract.js';
import type { DependencyEdge, DependencyGraph, DependencyRoot } from './dependency-graph.js';

/** How a package is reached: from a root over edges of which each begins where the one before it ends. */
export interface DependencyChain {
  readonly root: DependencyRoot;
  readonly edges: readonly DependencyEdge[];
}

/**
 * The shortest chain to each package that can be reached from some of the roots, breadth first: a package is before
 * those that it is on the way to. Of chains of one length it is the one from the earlier root, over the earlier edge.
 */
export function shortestChains(
  { edges }: Pick<DependencyGraph, 'edges'>,
  roots: readonly DependencyRoot[],
): ReadonlyMap<PackageRef, DependencyChain> {
  const edgesFrom = new Map<PackageRef, DependencyEdge[]>();
  for (const edge of edges) {
    const known = edgesFrom.get(edge.from);
    if (known === undefined) edgesFrom.set(edge.from, [edge]);
    else known.push(edge);
  }
  const chains = new Map<PackageRef, DependencyChain>();
  for (const root of roots) {
    if (!chains.has(root.to)) chains.set(root.to, { root, edges: [] });
  }
  // A map yields what is added to it while it is walked.
  for (const [pkg, chain] of chains) {
    for (const edge of edgesFrom.get(pkg) ?? []) {
      if (!chains.has(edge.to)) chains.set(edge.to, { root: chain.root, edges: [...chain.edges, edge] });
    }
  }
  return chains;
}
