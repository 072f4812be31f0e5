/** The part of JSON Schema 2020-12 that our schemas use. */
export interface SchemaNode {
  readonly description?: string;
  readonly examples?: readonly unknown[];
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, SchemaNode>>;
  readonly items?: SchemaNode;
  readonly enum?: readonly string[];
  readonly required?: readonly string[];
  readonly $defs?: Readonly<Record<string, SchemaNode>>;
  readonly [keyword: string]: unknown;
}

/** One way in which a value does not fit a schema. */
export interface SchemaFault {
  /** Of the value, or of the map that has an unknown key, or lacks one. */
  readonly path: readonly (string | number)[];
  readonly keyword: string;
  /** What the schema says behind the keyword. */
  readonly wanted: unknown;
  /** The key that is unknown (`additionalProperties`) or missing (`required`). */
  readonly key?: string | undefined;
}

interface Place {
  readonly root: SchemaNode;
  readonly path: readonly (string | number)[];
}

type Check = (value: never, wanted: never) => boolean;

/** Keywords that speak of a value as a whole, by the type that they speak of; others fit whatever they say. */
const CHECKS: readonly (readonly [type: string, checks: Readonly<Record<string, Check>>])[] = [
  [
    'number',
    {
      maximum: (value: number, most: number) => value <= most,
      minimum: (value: number, least: number) => value >= least,
    },
  ],
  [
    'string',
    {
      maxLength: (value: string, most: number) => Array.from(value).length <= most,
      minLength: (value: string, least: number) => Array.from(value).length >= least,
      pattern: (value: string, pattern: string) => new RegExp(pattern, 'u').test(value),
    },
  ],
  [
    'any',
    {
      const: (value: unknown, wanted: unknown) => isSame(value, wanted),
      enum: (value: unknown, wanted: readonly unknown[]) => wanted.some((one) => isSame(value, one)),
    },
  ],
  [
    'array',
    {
      maxItems: (value: readonly unknown[], most: number) => value.length <= most,
      minItems: (value: readonly unknown[], least: number) => value.length >= least,
      uniqueItems: (value: readonly unknown[], wanted: boolean) =>
        !wanted || value.every((one, index) => !value.slice(index + 1).some((other) => isSame(one, other))),
    },
  ],
  ['object', { minProperties: (value: object, least: number) => Object.keys(value).length >= least }],
];

/** Keywords that say nothing of a value, or are followed below. */
const OTHERS: ReadonlySet<string> = new Set([
  ...['$schema', '$id', '$defs', 'title', 'description', 'examples'],
  ...['$ref', 'type', 'required', 'additionalProperties', 'properties', 'items'],
]);
const KNOWN: ReadonlySet<string> = new Set([
  ...OTHERS,
  ...CHECKS.flatMap(([, checks]) => Object.keys(checks)),
]);

/**
 * Every way in which a JSON value does not fit a schema; none when it fits. The schema is walked as it is: to compile
 * it first, as validators for many values do, takes longer than a whole `ic validate`. `$ref` leads to a place in
 * the same schema, `#/$defs/NAME`.
 *
 * @throws Error for a keyword that is not of the part of JSON Schema that this knows
 */
export function schemaFaults(schema: SchemaNode, value: unknown): SchemaFault[] {
  const faults: SchemaFault[] = [];
  collect(schema, value, { root: schema, path: [] }, faults);
  return faults;
}

function collect(schema: SchemaNode, value: unknown, place: Place, faults: SchemaFault[]): void {
  const { root, path } = place;
  for (const keyword in schema) {
    if (!KNOWN.has(keyword)) throw new Error(`the JSON Schema keyword "${keyword}" is not known here`);
  }
  if (schema.$ref !== undefined) collect(schemaDefinition(root, schema.$ref), value, place, faults);
  if (schema.type !== undefined && ![schema.type].flat().some((type) => isOfType(value, type))) {
    faults.push({ path, keyword: 'type', wanted: schema.type });
  }
  for (const [type, checks] of CHECKS) {
    if (!isOfType(value, type)) continue;
    for (const keyword in checks) {
      const wanted = schema[keyword];
      if (wanted !== undefined && !checks[keyword]?.(value as never, wanted as never))
        faults.push({ path, keyword, wanted });
    }
  }
  if (Array.isArray(value)) {
    const { items } = schema;
    if (items === undefined) return;
    for (const [index, item] of value.entries())
      collect(items, item, { root, path: [...path, index] }, faults);
  } else if (isOfType(value, 'object')) {
    collectInside(schema, value as Readonly<Record<string, unknown>>, place, faults);
  }
}

function collectInside(
  schema: SchemaNode,
  value: Readonly<Record<string, unknown>>,
  { root, path }: Place,
  faults: SchemaFault[],
): void {
  const { properties = {}, required = [], additionalProperties: wanted } = schema;
  for (const key of required) {
    if (!Object.hasOwn(value, key)) faults.push({ path, keyword: 'required', wanted: required, key });
  }
  for (const key of Object.keys(value)) {
    const known = Object.hasOwn(properties, key);
    if (known) continue;
    if (wanted === false) faults.push({ path, keyword: 'additionalProperties', wanted, key });
    else if (typeof wanted === 'object')
      collect(wanted as SchemaNode, value[key], { root, path: [...path, key] }, faults);
  }
  for (const [key, property] of Object.entries(properties)) {
    if (Object.hasOwn(value, key)) collect(property, value[key], { root, path: [...path, key] }, faults);
  }
}

/**
 * What a `$ref` means: a JSON pointer into the schema (RFC 6901, without escapes).
 *
 * @throws Error when nothing is there
 */
export function schemaDefinition(root: SchemaNode, reference: unknown): SchemaNode {
  const [start, ...steps] = String(reference).split('/');
  let found: unknown = start === '#' ? root : undefined;
  for (const step of steps) {
    found =
      typeof found === 'object' && found !== null && Object.hasOwn(found, step)
        ? (found as Readonly<Record<string, unknown>>)[step]
        : undefined;
  }
  if (typeof found !== 'object' || found === null) {
    throw new Error(`the JSON Schema has no definition "${reference}"`);
  }
  return found as SchemaNode;
}

function isOfType(value: unknown, type: string): boolean {
  switch (type) {
    case 'any':
      return true;
    case 'array':
      return Array.isArray(value);
    case 'object':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'integer':
      return Number.isInteger(value);
    case 'number':
      return Number.isFinite(value);
    case 'null':
      return value === null;
    default:
      return typeof value === type;
  }
}

/** JSON Schema's equality, of JSON values; the order of keys counts here. */
function isSame(one: unknown, other: unknown): boolean {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}
