import type { PackageRef } from '../contract.js';
import type { DependencyEdge, DependencyGraph, DependencyRoot } from './dependency-graph.js';
import { packageLabels } from './package-labels.js';
import { shortestChains } from './shortest-chains.js';

/**
 * The graph as an indented text. What a package brings is shown once, where the chain to it is shortest; elsewhere its
 * line ends with `…`.
 */
export function graphTree(graph: DependencyGraph): string {
  const labels = packageLabels(graph.packages);
  const chains = shortestChains(graph, graph.roots);
  const edgesFrom = new Map<PackageRef, DependencyEdge[]>();
  for (const edge of graph.edges) edgesFrom.set(edge.from, [...(edgesFrom.get(edge.from) ?? []), edge]);
  const lines: string[] = [];

  function put(step: DependencyRoot | DependencyEdge, before: string, indent: string): void {
    const { to, because } = step;
    const chain = chains.get(to);
    const isHome = (chain?.edges.at(-1) ?? chain?.root) === step;
    const edges = edgesFrom.get(to) ?? [];
    const more = !isHome && edges.length > 0 ? ' …' : '';
    const words = typeof because === 'string' ? because : because.join('; ');
    const reason = words === to.name ? '' : ` (${words})`;
    lines.push(`${before}${labels.get(to)} ${to.version}${reason}${more}\n`);
    if (!isHome) return;
    for (const [index, edge] of edges.entries()) {
      const last = index === edges.length - 1;
      put(edge, `${indent}${last ? '└─ ' : '├─ '}`, `${indent}${last ? '   ' : '│  '}`);
    }
  }

  for (const root of graph.roots) put(root, '', '');
  return lines.join('');
}
