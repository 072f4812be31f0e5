import type { DependencyGraph } from './dependency-graph.js';
import { packageLabels } from './package-labels.js';

/** The graph in Graphviz' language; what is asked for is bold, the base is dashed, relations are tooltips. */
export function graphDot(graph: DependencyGraph): string {
  const labels = packageLabels(graph.packages);
  const asked = new Set(graph.roots.filter(({ base }) => !base).map(({ to }) => to));
  const base = new Set(graph.roots.filter((root) => root.base).map(({ to }) => to));
  const nodes = graph.packages.map((pkg) => {
    const style = asked.has(pkg) ? ', style=bold' : base.has(pkg) ? ', style=dashed' : '';
    const label = quote(`${labels.get(pkg)}\n${pkg.version}`);
    return `  ${quote(labels.get(pkg) ?? '')} [label=${label}${style}];\n`;
  });
  const edges = graph.edges.map(
    ({ from, to, because }) =>
      `  ${quote(labels.get(from) ?? '')} -> ${quote(labels.get(to) ?? '')} [tooltip=${quote(because.join('\n'))}];\n`,
  );
  return `digraph dependencies {\n  rankdir=LR;\n  node [shape=box];\n${nodes.join('')}${edges.join('')}}\n`;
}

/** A quoted string of the language: `\n` breaks the line of a label, other backslashes stand for themselves. */
function quote(text: string): string {
  return `"${text.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')}"`;
}
