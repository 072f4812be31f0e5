import type { PackageRef } from '../contract.js';
import type { DependencyGraph } from './dependency-graph.js';
import { packageLabels } from './package-labels.js';

/** The graph as plain data: roots and edges say `id`s, which are names wherever these are unique. */
export interface GraphData {
  readonly packages: readonly (PackageRef & { readonly id: string })[];
  readonly roots: readonly { readonly to: string; readonly because: string; readonly base: boolean }[];
  readonly edges: readonly {
    readonly from: string;
    readonly to: string;
    readonly because: readonly string[];
  }[];
}

export function graphData({ packages, roots, edges }: DependencyGraph): GraphData {
  const labels = packageLabels(packages);
  const id = (pkg: PackageRef): string => labels.get(pkg) ?? '';
  return {
    packages: packages.map((pkg) => ({ id: id(pkg), ...pkg })),
    roots: roots.map(({ to, because, base }) => ({ to: id(to), because, base })),
    edges: edges.map(({ from, to, because }) => ({ from: id(from), to: id(to), because })),
  };
}
