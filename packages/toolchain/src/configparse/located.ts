import type { JsonObject, JsonValue } from '../config/loaded-config.js';
import type { Position } from './position.js';

/** Plain data that remembers where each part of it was written. Immutable. */
export type Located = LocatedScalar | LocatedList | LocatedMap;

export interface LocatedScalar {
  readonly kind: 'scalar';
  readonly value: string | number | boolean | null;
  /** As it was written: `0644` where the value is 644. */
  readonly source: string;
  readonly at: Position;
}

export interface LocatedList {
  readonly kind: 'list';
  readonly items: readonly Located[];
  readonly at: Position;
}

export interface LocatedMap {
  readonly kind: 'map';
  readonly entries: ReadonlyMap<string, LocatedEntry>;
  readonly at: Position;
}

export interface LocatedEntry {
  readonly key: Position;
  readonly value: Located;
}

/** A way into a document: keys and list indexes. */
export type Path = readonly (string | number)[];

/** `systemConfig.users[0].name`. */
export function formatPath(path: Path): string {
  return path
    .map((step, index) => (typeof step === 'number' ? `[${step}]` : `${index === 0 ? '' : '.'}${step}`))
    .join('');
}

/** The value at a path, if there is one. */
export function valueAt(tree: Located, path: Path): Located | undefined {
  let node: Located | undefined = tree;
  for (const step of path) node = node === undefined ? undefined : child(node, step);
  return node;
}

/** Where the value at a path was written; the nearest parent's place when it has none. */
export function positionAt(tree: Located, path: Path): Position {
  let node = tree;
  for (const step of path) {
    const next = child(node, step);
    if (next === undefined) break;
    node = next;
  }
  return node.at;
}

/** Where the last key of a path was written, for complaints about the key itself. */
export function keyPositionAt(tree: Located, path: Path): Position {
  const parent = valueAt(tree, path.slice(0, -1));
  const key = path.at(-1);
  const entry = parent?.kind === 'map' && typeof key === 'string' ? parent.entries.get(key) : undefined;
  return entry?.key ?? positionAt(tree, path);
}

export function toJson(node: LocatedMap): JsonObject;
export function toJson(node: Located): JsonValue;
export function toJson(node: Located): JsonValue {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map((item) => toJson(item));
  // fromEntries defines own properties, so that a key "__proto__" is a key like any other.
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toJson(entry.value)]));
}

/** A copy without the keys that have no value: `packages:` with nothing behind it says nothing. */
export function withoutNulls(node: LocatedMap): LocatedMap;
export function withoutNulls(node: Located): Located;
export function withoutNulls(node: Located): Located {
  if (node.kind === 'scalar') return node;
  if (node.kind === 'list') return { ...node, items: node.items.map((item) => withoutNulls(item)) };
  const entries = [...node.entries]
    .filter(([, { value }]) => !isNull(value))
    .map(([key, entry]): [string, LocatedEntry] => [key, { ...entry, value: withoutNulls(entry.value) }]);
  return { ...node, entries: new Map(entries) };
}

export function isNull(node: Located | undefined): boolean {
  return node?.kind === 'scalar' && node.value === null;
}

function child(node: Located, step: string | number): Located | undefined {
  if (node.kind === 'map') return node.entries.get(String(step))?.value;
  return node.kind === 'list' && typeof step === 'number' ? node.items[step] : undefined;
}
