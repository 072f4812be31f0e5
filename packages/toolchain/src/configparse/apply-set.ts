import { messageOf, nearest, type SchemaNode } from '@ic/utils';
import { schemaAt } from '../config/template-schema.js';
import { ToolchainError } from '../errors.js';
import { formatPath, type Located, type LocatedMap, type Path } from './located.js';
import type { Position } from './position.js';
import { readYaml } from './read-yaml.js';

/** One `--set`, read and known to the schema. */
export interface Assignment {
  readonly path: Path;
  readonly value: Located;
}

/**
 * Reads `key.path=value`: the path as `systemConfig.users[0].name` or `systemConfig.users.0.name`, the value as YAML;
 * where the schema wants a text, what stands there is the text (`image.version=13.0`). Pure.
 *
 * @throws ToolchainError OVERRIDE_INVALID for an unknown path (names the nearest) or a value that is not YAML
 */
export function parseAssignment(text: string, schema: SchemaNode): Assignment {
  const equals = text.indexOf('=');
  if (equals <= 0)
    throw invalid(
      `--set ${text}`,
      'has no "="',
      'write key.path=value, as in --set systemConfig.hostname=gateway',
    );
  const name = text.slice(0, equals);
  const path = readPath(name, schema);
  return { path, value: readValue(text.slice(equals + 1), name, schemaAt(schema, path)) };
}

/** Puts a value into a document, making the mappings on the way. Lists are changed at an index or grow by one at their end. Pure. */
export function applyAssignment(tree: LocatedMap, { path, value }: Assignment): LocatedMap {
  const changed = assigned(tree, path, { value, whole: path });
  return changed.kind === 'map' ? changed : tree;
}

function assigned(node: Located | undefined, path: Path, to: { value: Located; whole: Path }): Located {
  const [step, ...rest] = path;
  if (step === undefined) return to.value;
  const at = to.value.at;
  if (typeof step === 'string') {
    const entries = new Map(node?.kind === 'map' ? node.entries : []);
    const before = entries.get(step);
    entries.set(step, { key: at, value: assigned(before?.value, rest, to) });
    return { kind: 'map', entries, at: node?.at ?? at };
  }
  const items = node?.kind === 'list' ? [...node.items] : [];
  if (step > items.length) {
    const list = formatPath(to.whole.slice(0, to.whole.length - rest.length - 1));
    throw invalid(at.file, `${list} has ${items.length} items`, `the next free index is ${items.length}`);
  }
  items[step] = assigned(items[step], rest, to);
  return { kind: 'list', items, at: node?.at ?? at };
}

function readPath(name: string, schema: SchemaNode): Path {
  const path: (string | number)[] = [];
  for (const part of name.replaceAll(/\[(\d+)\]/g, '.$1').split('.')) {
    const parent = schemaAt(schema, path);
    const step = parent?.items !== undefined && /^\d{1,6}$/.test(part) ? Number(part) : part;
    if (schemaAt(schema, [...path, step]) === undefined) throw unknownPath(name, { path, part, parent });
    path.push(step);
  }
  return path;
}

function unknownPath(
  name: string,
  at: { path: Path; part: string; parent: SchemaNode | undefined },
): ToolchainError {
  const known = Object.keys(at.parent?.properties ?? {});
  const [near] = nearest(at.part, known);
  const where = at.path.length === 0 ? 'a template' : formatPath(at.path);
  if (at.parent?.items !== undefined) {
    return invalid(
      `--set ${name}`,
      `${where} is a list`,
      `set an item (${where}[0]) or the whole list (${where}=[a, b])`,
    );
  }
  if (known.length === 0)
    return invalid(`--set ${name}`, `${where} has no keys below it`, `set ${where} itself`);
  const guess = near === undefined ? '' : `; did you mean "${near}"?`;
  return invalid(`--set ${name}`, `${where} has no key "${at.part}"${guess}`, `it knows ${known.join(', ')}`);
}

function readValue(text: string, name: string, schema: SchemaNode | undefined): Located {
  const file = `--set ${name}`;
  const at: Position = { file, line: 0, column: 0 };
  const wantsText = schema?.type === 'string' || schema?.enum !== undefined;
  if (wantsText && !/^\s*["']/.test(text)) return { kind: 'scalar', value: text, source: text, at };
  try {
    return placed(readYaml(text, file), at);
  } catch (cause) {
    throw new ToolchainError('OVERRIDE_INVALID', messageOf(cause), {
      cause,
      fault: 'request',
      hint: 'quote the value for the shell and for YAML: --set \'systemConfig.packages=[vim, "a=1.0"]\'',
    });
  }
}

function placed(node: Located, at: Position): Located {
  if (node.kind === 'scalar') return { ...node, at };
  if (node.kind === 'list') return { ...node, at, items: node.items.map((item) => placed(item, at)) };
  const entries = [...node.entries].map(
    ([key, entry]) => [key, { key: at, value: placed(entry.value, at) }] as const,
  );
  return { ...node, at, entries: new Map(entries) };
}

function invalid(what: string, message: string, hint: string): ToolchainError {
  return new ToolchainError('OVERRIDE_INVALID', `${what}: ${message}`, { fault: 'request', hint });
}
