import { isAlias, isMap, isScalar, isSeq, LineCounter, type Node, type Pair, parseAllDocuments } from 'yaml';
import { type Problem, problemsError } from '../config/problem.js';
import type { Located, LocatedEntry, LocatedMap } from './located.js';
import type { Position } from './position.js';

/** Values that a template may hold once its aliases are followed: a bomb of anchors is refused, an honest template is far below. */
const VALUES_LIMIT = 50_000;
const DEPTH_LIMIT = 64;

/** What walking a document needs: how offsets become places, and how much was seen. */
interface Walk {
  place(offset: number | undefined): Position;
  resolve(node: Node): Node | undefined;
  values: number;
}

class Refused extends Error {
  constructor(
    readonly at: Position,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads one YAML 1.2 document into data that knows its places. Pure.
 *
 * @throws ToolchainError TEMPLATE_SYNTAX for what is not YAML: duplicate keys, tabs, unknown tags, several documents, bombs of anchors
 */
export function readYaml(text: string, file: string): Located {
  const counter = new LineCounter();
  const place = (offset: number | undefined): Position => {
    const { line, col } = counter.linePos(offset ?? 0);
    return { file, line, column: col };
  };
  try {
    const documents = parseAllDocuments(text, {
      version: '1.2',
      strict: true,
      prettyErrors: false,
      lineCounter: counter,
      logLevel: 'silent',
    });
    const [document, second] = Array.isArray(documents) ? documents : [];
    if (document === undefined) return { kind: 'scalar', value: null, source: '', at: place(0) };
    const faults = [...document.errors, ...document.warnings].map((fault) =>
      problem(place(fault.pos[0]), sentence(fault.message)),
    );
    if (faults.length > 0) throw problemsError(faults);
    if (second !== undefined)
      throw new Refused(place(second.range[0]), 'a second document begins here; a file holds one');
    const walk: Walk = {
      place,
      resolve: (node) => (isAlias(node) ? node.resolve(document) : node),
      values: 0,
    };
    return located(document.contents, walk, 0);
  } catch (error) {
    if (error instanceof Refused) throw problemsError([problem(error.at, error.message)]);
    // The parser recurses on nested collections.
    if (error instanceof RangeError) throw problemsError([problem(place(0), 'values are nested too deeply')]);
    throw error;
  }
}

function located(written: Node | null, walk: Walk, depth: number): Located {
  const at = walk.place(written?.range?.[0]);
  walk.values += 1;
  if (walk.values > VALUES_LIMIT)
    throw new Refused(at, `aliases blow this file up to more than ${VALUES_LIMIT} values`);
  if (depth > DEPTH_LIMIT) throw new Refused(at, `values are nested more than ${DEPTH_LIMIT} deep`);
  const node = written === null ? null : walk.resolve(written);
  if (isMap(node)) return locatedMap(node.items, at, { walk, depth });
  if (isSeq(node)) {
    return {
      kind: 'list',
      items: node.items.map((item) => located(item as Node | null, walk, depth + 1)),
      at,
    };
  }
  if (isScalar(node)) {
    const { value } = node;
    const plain =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', value: plain, source: node.source ?? '', at };
  }
  return { kind: 'scalar', value: null, source: '', at };
}

function locatedMap(pairs: readonly Pair[], at: Position, inside: { walk: Walk; depth: number }): LocatedMap {
  const { walk, depth } = inside;
  const entries = new Map<string, LocatedEntry>();
  for (const pair of pairs) {
    const written = pair.key as Node | null;
    const key = walk.place(written?.range?.[0] ?? (pair.value as Node | null)?.range?.[0]);
    const name = written === null ? undefined : walk.resolve(written);
    if (!isScalar(name)) throw new Refused(key, 'a key must be a word');
    const text = String(name.value);
    if (entries.has(text)) throw new Refused(key, `the key "${text}" is there twice`);
    entries.set(text, { key, value: located(pair.value as Node | null, walk, depth + 1) });
  }
  return { kind: 'map', entries, at };
}

function problem(at: Position, message: string): Problem {
  return {
    code: 'TEMPLATE_SYNTAX',
    at,
    message,
    hint: 'correct the YAML; indent with blanks, never with tabs',
  };
}

function sentence(message: string): string {
  if (message.startsWith('Map keys must be unique')) return 'this key is there twice';
  return `not YAML: ${message}`;
}
