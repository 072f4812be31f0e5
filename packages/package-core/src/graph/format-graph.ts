import type { DependencyGraph } from './dependency-graph.js';
import { graphData } from './graph-data.js';
import { graphDot } from './graph-dot.js';
import { graphSvg } from './graph-svg.js';
import { graphTree } from './graph-tree.js';

export type GraphFormat = 'tree' | 'dot' | 'json' | 'svg';

const FORMATS: Readonly<Record<GraphFormat, (graph: DependencyGraph) => string>> = {
  tree: graphTree,
  dot: graphDot,
  json: (graph) => `${JSON.stringify(graphData(graph), undefined, 2)}\n`,
  svg: graphSvg,
};

/** The graph as a text of one of the formats; the same graph gives the same bytes. */
export function formatGraph(graph: DependencyGraph, format: GraphFormat): string {
  return FORMATS[format](graph);
}
