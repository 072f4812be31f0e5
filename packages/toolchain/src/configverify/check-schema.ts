import { nearest } from '@ic/utils';
import { Ajv, type ErrorObject, type ValidateFunction } from 'ajv';
import type { Problem } from '../config/problem.js';
import { type SchemaNode, schemaAt } from '../config/template-schema.js';
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

/** What an ajv error is about. */
interface Finding {
  readonly error: ErrorObject;
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
  const validate = compiled(schema);
  if (validate(toJson(tree))) return [];
  const problems: Problem[] = [];
  for (const error of validate.errors ?? []) {
    const path = pathOf(error.instancePath, tree);
    const inMap = typeof path.at(-1) !== 'number' && path.length > 0;
    if (inMap && isNull(valueAt(tree, path))) continue;
    problems.push({ code, ...described({ error, path, tree, schema }) });
  }
  return problems;
}

const validators = new WeakMap<SchemaNode, ValidateFunction>();

/**
 * The schemas are of draft 2020-12 and use nothing of it that draft 7 reads otherwise: the smaller ajv compiles them in
 * a fifth of the time. For the same reason it is a test, not each run, that holds them against their own schema and
 * ajv's strict mode.
 */
function compiled(schema: SchemaNode): ValidateFunction {
  let validate = validators.get(schema);
  if (validate === undefined) {
    validate = new Ajv({
      allErrors: true,
      strict: false,
      code: { optimize: false },
      meta: false,
      validateSchema: false,
    }).compile(schema);
    validators.set(schema, validate);
  }
  return validate;
}

function described(finding: Finding): Pick<Problem, 'at' | 'message' | 'hint'> {
  const { error, path, tree, schema } = finding;
  const at = positionAt(tree, path);
  const name = path.length === 0 ? 'the file' : formatPath(path);
  const node = schemaAt(schema, path);
  const limit = (error.params as { limit?: number }).limit;
  switch (error.keyword) {
    case 'additionalProperties':
      return unknownKey(finding);
    case 'type':
      return {
        at,
        message: `${name} is ${found(finding)}, but ${wanted(error)} is wanted${quotesHelp(finding)}`,
      };
    case 'enum':
      return { at, message: notInList(finding, node) };
    case 'required':
      return {
        at,
        message: `${name} lacks the key "${(error.params as { missingProperty: string }).missingProperty}"`,
      };
    case 'minLength':
      return { at, message: `${name} is empty` };
    case 'minItems':
      return { at, message: `${name} is an empty list` };
    case 'maxLength':
    case 'maxItems':
      return { at, message: `${name} is longer than ${limit}` };
    case 'minimum':
      return { at, message: `${name} is ${found(finding)}, less than ${limit}` };
    case 'maximum':
      return { at, message: `${name} is ${found(finding)}, more than ${limit}` };
    default:
      return { at, message: `${name} is ${found(finding)}, which does not fit`, hint: meaning(finding) };
  }
}

function unknownKey({ error, path, tree, schema }: Finding): Pick<Problem, 'at' | 'message' | 'hint'> {
  const key = (error.params as { additionalProperty: string }).additionalProperty;
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

function wanted(error: ErrorObject): string {
  const type = (error.params as { type: string | readonly string[] }).type;
  return [type]
    .flat()
    .map((kind) => KINDS[kind] ?? kind)
    .join(' or ');
}

function quotesHelp({ error, tree, path }: Finding): string {
  const node = valueAt(tree, path);
  const type = (error.params as { type: string | readonly string[] }).type;
  if (type !== 'string' || node?.kind !== 'scalar' || node.value === null || path.at(-1) === 'password')
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

/** ajv tells paths as JSON pointers (RFC 6901); the document tells which steps are list indexes. */
function pathOf(pointer: string, tree: Located): Path {
  const steps: (string | number)[] = [];
  for (const part of pointer.split('/').slice(1)) {
    const step = part.replaceAll('~1', '/').replaceAll('~0', '~');
    steps.push(valueAt(tree, steps)?.kind === 'list' ? Number(step) : step);
  }
  return steps;
}
