import type { PackageRef } from '../contract.js';
import type { DependencyGraph } from './dependency-graph.js';
import { packageLabels } from './package-labels.js';
import { shortestChains } from './shortest-chains.js';

/** Lengths in pixels. */
const CHARACTER = 7;
const ROW = 26;
const BOX = 20;
const GAP = 140;
const BEND = 70;
const MARGIN = 12;

interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
}

/**
 * The graph as an SVG picture: in the first column what is there for its own sake, in the next what that brings, and so
 * on by the length of the shortest chain. A pointer on a line shows its relations.
 */
export function graphSvg(graph: DependencyGraph): string {
  const labels = packageLabels(graph.packages);
  const boxes = layout(graph, (pkg) => (labels.get(pkg) ?? '').length * CHARACTER + 14);
  const asked = new Set(graph.roots.filter(({ base }) => !base).map(({ to }) => to));
  const base = new Set(graph.roots.filter((root) => root.base).map(({ to }) => to));
  const lines = graph.edges.flatMap(({ from, to, because }) => {
    const a = boxes.get(from);
    const b = boxes.get(to);
    if (a === undefined || b === undefined) return [];
    // Lines go round boxes: within a column on its right, backwards from a left side to a right one.
    const [x1, bend1] = b.x < a.x ? [a.x, -BEND] : [a.x + a.width, BEND];
    const [x2, bend2] = b.x > a.x ? [b.x, -BEND] : [b.x + b.width, BEND];
    const [y1, y2] = [a.y + BOX / 2, b.y + BOX / 2];
    const title = escapeXml(`${labels.get(from)} → ${labels.get(to)}\n${because.join('\n')}`);
    const curve = `M${x1} ${y1}C${x1 + bend1} ${y1} ${x2 + bend2} ${y2} ${x2} ${y2}`;
    return `<path d="${curve}"><title>${title}</title></path>\n`;
  });
  const nodes = [...boxes].map(([pkg, { x, y, width }]) => {
    const kind = asked.has(pkg) ? 'asked' : base.has(pkg) ? 'base' : 'brought';
    const title = escapeXml(`${pkg.name} ${pkg.version} ${pkg.architecture} ${pkg.repository}`);
    const text = `<text x="${x + 7}" y="${y + 14}">${escapeXml(labels.get(pkg) ?? '')}</text>`;
    const rect = `<rect x="${x}" y="${y}" width="${width}" height="${BOX}" rx="3"/>`;
    return `<g class="${kind}"><title>${title}</title>${rect}${text}</g>\n`;
  });
  const all = [...boxes.values()];
  const width = Math.max(0, ...all.map((box) => box.x + box.width)) + MARGIN;
  const height = Math.max(0, ...all.map((box) => box.y + BOX)) + MARGIN;
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">\n<style>${STYLE}</style>\n${lines.join('')}${nodes.join('')}</svg>\n`;
}

const STYLE =
  'svg{background:#fff}text{font:11px monospace}path{fill:none;stroke:#888;stroke-opacity:.5}path:hover{stroke:#c00;stroke-opacity:1;stroke-width:2}' +
  'rect{fill:#f4f4f4;stroke:#666}.asked rect{fill:#cfe8cf}.base rect{fill:#d8e2f2}';

/** In each column a package is at about the height of what brings it, so that lines cross less. */
function layout(graph: DependencyGraph, widthOf: (pkg: PackageRef) => number): ReadonlyMap<PackageRef, Box> {
  const columns: PackageRef[][] = [];
  for (const [pkg, { edges }] of shortestChains(graph, graph.roots)) {
    const column = columns[edges.length];
    if (column === undefined) columns[edges.length] = [pkg];
    else column.push(pkg);
  }
  const boxes = new Map<PackageRef, Box>();
  let x = MARGIN;
  for (const column of columns) {
    const heights = new Map(column.map((pkg) => [pkg, heightOf(graph, boxes, pkg)]));
    // Sorting is stable: where nothing else counts, the order in which they were reached stays.
    const sorted = [...column].sort((a, b) => (heights.get(a) ?? 0) - (heights.get(b) ?? 0));
    const width = Math.max(...sorted.map(widthOf));
    for (const [row, pkg] of sorted.entries()) boxes.set(pkg, { x, y: MARGIN + row * ROW, width });
    x += width + GAP;
  }
  return boxes;
}

/** The middle of those packages before it that bring it. */
function heightOf({ edges }: DependencyGraph, placed: ReadonlyMap<PackageRef, Box>, pkg: PackageRef): number {
  const heights = edges.flatMap(({ from, to }) => (to === pkg ? (placed.get(from)?.y ?? []) : []));
  return heights.reduce((sum, y) => sum + y, 0) / Math.max(1, heights.length);
}

function escapeXml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
