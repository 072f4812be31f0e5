import { nearest, type SchemaFault, type SchemaNode, schemaFaults } from '@ic/utils';
import type { Problem } from '../config/problem.js';
import { schemaAt } from '../config/template-schema.js';
import {
  formatPath,
  isNull,
  keyPositionAt,
  type Located,
  type Path,
  positionAt,
  toJson,
  valueAt,
} from '../configparse/located.js';
import type { ToolchainErrorCode } from '../errors.js';

/** A fault, and where it is. */
interface Finding extends Pick<SchemaFault, 'keyword' | 'wanted' | 'key'> {
  readonly path: Path;
  readonly tree: Located;
  readonly schema: SchemaNode;
}

/**
 * Holds a document against a JSON Schema and says each fault in its own words, with its place. A key without
 * a value counts as not written.
 */
export function checkSchema(
  tree: Located,
  schema: SchemaNode,
  code: ToolchainErrorCode = 'TEMPLATE_INVALID',
): Problem[] {
  const problems: Problem[] = [];
  for (const fault of schemaFaults(schema, toJson(tree))) {
    const { path } = fault;
    const inMap = typeof path.at(-1) !== 'number' && path.length > 0;
    if (inMap && isNull(valueAt(tree, path))) continue;
    problems.push({ code, ...described({ ...fault, tree, schema }) });
  }
  return problems;
}

function described(finding: Finding): Pick<Problem, 'at' | 'message' | 'hint'> {
  const { keyword, wanted, path, tree, schema } = finding;
  const at = positionAt(tree, path);
  const name = path.length === 0 ? 'the file' : formatPath(path);
  const node = schemaAt(schema, path);
  switch (keyword) {
    case 'additionalProperties':
      return unknownKey(finding);
    case 'type':
      return {
        at,
        message: `${name} is ${found(finding)}, but ${kinds(finding)} is wanted${quotesHelp(finding)}`,
      };
    case 'enum':
      return { at, message: notInList(finding, node) };
    case 'required':
      return {
        at,
        message: `${name} lacks the key "${finding.key}"`,
      };
    case 'minLength':
      return { at, message: `${name} is empty` };
    case 'minItems':
      return { at, message: `${name} is an empty list` };
    case 'maxLength':
    case 'maxItems':
      return { at, message: `${name} is longer than ${wanted}` };
    case 'minimum':
      return { at, message: `${name} is ${found(finding)}, less than ${wanted}` };
    case 'maximum':
      return { at, message: `${name} is ${found(finding)}, more than ${wanted}` };
    default:
      return { at, message: `${name} is ${found(finding)}, which does not fit`, hint: meaning(finding) };
  }
}

function unknownKey({ key = '', path, tree, schema }: Finding): Pick<Problem, 'at' | 'message' | 'hint'> {
  const known = Object.keys(schemaAt(schema, path)?.properties ?? {});
  const [near] = nearest(key, known);
  const where = path.length === 0 ? '' : ` in ${formatPath(path)}`;
  return {
    at: keyPositionAt(tree, [...path, key]),
    message: `unknown key "${key}"${where}${near === undefined ? '' : `; did you mean "${near}"?`}`,
    hint: `${path.length === 0 ? 'the file' : formatPath(path)} knows ${known.join(', ')}`,
  };
}

function notInList(finding: Finding, node: SchemaNode | undefined): string {
  const values = (node?.enum ?? []).map((value) => (value === '' ? '""' : value));
  const value = valueAt(finding.tree, finding.path);
  const [near] = value?.kind === 'scalar' ? nearest(String(value.value), values) : [];
  const guess = near === undefined ? '' : `; did you mean "${near}"?`;
  return `${formatPath(finding.path)} is ${found(finding)}, but must be one of ${values.join(', ')}${guess}`;
}

/** Secrets stay out of messages: of a password only its kind is told. */
function found({ tree, path }: Finding): string {
  const node = valueAt(tree, path);
  if (node === undefined || node.kind === 'map') return 'a mapping of keys';
  if (node.kind === 'list') return 'a list';
  if (node.value === null) return 'empty';
  if (path.at(-1) === 'password') return typeof node.value === 'string' ? 'a text' : `a ${typeof node.value}`;
  if (typeof node.value === 'string')
    return `"${node.value.length > 60 ? `${node.value.slice(0, 57)}…` : node.value}"`;
  return typeof node.value === 'number' ? `the number ${node.source}` : `the truth value ${node.source}`;
}

const KINDS: Readonly<Record<string, string>> = {
  string: 'a text',
  integer: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'a mapping of keys',
};

function kinds({ wanted }: Finding): string {
  return [wanted as string | readonly string[]]
    .flat()
    .map((kind) => KINDS[kind] ?? kind)
    .join(' or ');
}

function quotesHelp({ wanted, tree, path }: Finding): string {
  const node = valueAt(tree, path);
  if (wanted !== 'string' || node?.kind !== 'scalar' || node.value === null || path.at(-1) === 'password')
    return '';
  return `; put it in quotes: "${node.source}"`;
}

/** What the key is for, from the schema; of a list's item, where it says nothing, from the list. */
function meaning({ schema, path }: Finding): string | undefined {
  const own = schemaAt(schema, path);
  const node = own?.description === undefined ? schemaAt(schema, path.slice(0, -1)) : own;
  if (node?.description === undefined) return undefined;
  const example = node.examples?.[0];
  return `${formatPath(path)}: ${node.description}${example === undefined ? '' : ` For example ${JSON.stringify(example)}`}`;
}
