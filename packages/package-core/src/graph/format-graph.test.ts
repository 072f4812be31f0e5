import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { graphOf } from '../testing/graph-of.js';
import { formatGraph, type GraphFormat } from './format-graph.js';

const graph = graphOf(
  {
    app: ['a"\\<&>|lib', 'lib|lib:i386'],
    lib: ['libc'],
    'lib:i386': ['libc'],
    libc: ['lib'],
    shell: ['libc'],
  },
  ['app'],
  ['shell'],
);
const empty = graphOf({}, []);

describe('formatGraph', () => {
  it('tree: shows what a package brings where the chain to it is shortest', () => {
    expect(formatGraph(graph, 'tree')).toBe(`app 1
├─ lib:amd64 1 (Depends: a"\\<&>|lib; Depends: lib|lib:i386)
│  └─ libc 1 (Depends: libc) …
└─ lib:i386 1 (Depends: lib|lib:i386)
   └─ libc 1 (Depends: libc) …
shell 1 (Essential: yes)
└─ libc 1 (Depends: libc)
   └─ lib:amd64 1 (Depends: lib) …
`);
  });

  it('dot: is a digraph with relations as tooltips', () => {
    expect(formatGraph(graph, 'dot')).toBe(`digraph dependencies {
  rankdir=LR;
  node [shape=box];
  "app" [label="app\\n1", style=bold];
  "lib:amd64" [label="lib:amd64\\n1"];
  "lib:i386" [label="lib:i386\\n1"];
  "libc" [label="libc\\n1"];
  "shell" [label="shell\\n1", style=dashed];
  "app" -> "lib:amd64" [tooltip="Depends: a\\"\\\\<&>|lib\\nDepends: lib|lib:i386"];
  "app" -> "lib:i386" [tooltip="Depends: lib|lib:i386"];
  "lib:amd64" -> "libc" [tooltip="Depends: libc"];
  "lib:i386" -> "libc" [tooltip="Depends: libc"];
  "libc" -> "lib:amd64" [tooltip="Depends: lib"];
  "shell" -> "libc" [tooltip="Depends: libc"];
}
`);
  });

  it.skipIf(!existsSync('/usr/bin/dot'))('dot: Graphviz reads it', () => {
    const plain = execFileSync('dot', ['-Tplain'], { input: formatGraph(graph, 'dot'), encoding: 'utf8' });
    expect(plain.match(/^node /gm)).toHaveLength(5);
    expect(plain.match(/^edge /gm)).toHaveLength(6);
  });

  it('json: names every package, root and edge', () => {
    const data = JSON.parse(formatGraph(graph, 'json'));
    expect(data.packages.map(({ id, name }: { id: string; name: string }) => [id, name])).toEqual([
      ['app', 'app'],
      ['lib:amd64', 'lib'],
      ['lib:i386', 'lib'],
      ['libc', 'libc'],
      ['shell', 'shell'],
    ]);
    expect(data.packages[0]).toMatchObject({ version: '1', architecture: 'amd64', repository: 'base' });
    expect(data.roots).toEqual([
      { to: 'app', because: 'app', base: false },
      { to: 'shell', because: 'Essential: yes', base: true },
    ]);
    expect(data.edges).toHaveLength(6);
    expect(data.edges[1]).toEqual({ from: 'app', to: 'lib:i386', because: ['Depends: lib|lib:i386'] });
  });

  it('svg: has a box for each package in the column of its chain, and a line for each edge', () => {
    const svg = formatGraph(graph, 'svg');
    expect(unbalanced(svg)).toEqual([]);
    const boxes = [
      ...svg.matchAll(/<g class="(\w+)">.*?<rect x="([\d.]+)" y="([\d.]+)".*?<text[^>]*>(.*?)</g),
    ].map(([, kind, x, y, text]) => ({ kind, x: Number(x), y: Number(y), text }));
    const columns = [...new Set(boxes.map(({ x }) => x))].sort((a, b) => a - b);
    expect(boxes.map(({ kind, x, text }) => `${columns.indexOf(x)} ${kind} ${text}`).sort()).toEqual([
      '0 asked app',
      '0 base shell',
      '1 brought lib:amd64',
      '1 brought lib:i386',
      '1 brought libc',
    ]);
    expect(new Set(boxes.map(({ x, y }) => `${x} ${y}`)).size).toBe(5);
    expect(svg.match(/<path /g)).toHaveLength(6);
    expect(svg).toContain('<title>app → lib:amd64\nDepends: a&quot;\\&lt;&amp;&gt;|lib\n');
  });

  it.each<GraphFormat>(['tree', 'dot', 'json', 'svg'])('%s: can be of nothing', (format) => {
    const text = formatGraph(empty, format);
    if (format === 'json') expect(JSON.parse(text)).toEqual({ packages: [], roots: [], edges: [] });
    if (format === 'svg') expect(unbalanced(text)).toEqual([]);
    if (format === 'tree') expect(text).toBe('');
    if (format === 'dot')
      expect(text).toBe('digraph dependencies {\n  rankdir=LR;\n  node [shape=box];\n}\n');
  });
});

/** Tags of an XML text that are left open or closed without having been opened. */
function unbalanced(xml: string): string[] {
  const open: string[] = [];
  for (const [tag, end, name = ''] of xml.matchAll(/<(\/?)(\w+)(?:\s[^<>]*)?>/g)) {
    if (end === '/' && open.at(-1) === name) open.pop();
    else if (!tag.endsWith('/>')) open.push(`${end}${name}`);
  }
  return open;
}
