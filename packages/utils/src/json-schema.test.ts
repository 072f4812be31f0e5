import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type SchemaNode, schemaFaults } from './json-schema.js';

/** Every keyword that is known, with bounds that short values meet and miss. */
const SCHEMA: SchemaNode = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  $id: 'test.schema.json',
  title: 'every keyword',
  description: 'For a test.',
  examples: [{ number: 2 }],
  type: 'object',
  additionalProperties: false,
  required: ['number', 'a'],
  minProperties: 2,
  properties: {
    number: { type: ['integer', 'string'], minimum: 1, maximum: 3, minLength: 1 },
    real: { type: 'number', enum: [1.5, 2] as never },
    a: { $ref: '#/$defs/text', maxLength: 2 },
    list: { type: 'array', items: { $ref: '#/$defs/text' }, minItems: 1, maxItems: 2, uniqueItems: true },
    open: { type: 'object', additionalProperties: { type: ['boolean', 'null'] }, minProperties: 1 },
    one: { const: 1 },
    deep: { type: 'object', properties: { a: { type: 'boolean' } }, required: ['a'] },
  },
  $defs: { text: { type: 'string', minLength: 1, pattern: '^[a-z𝒳]*$', enum: ['a', 'b', '', '𝒳𝒳', 'abc'] } },
};

const validate = new Ajv2020({ allErrors: true, strict: false }).compile(SCHEMA);

/** As `/list/0 type`, sorted. */
function ajvFaults(value: unknown): string[] {
  validate(value);
  const found = (validate.errors ?? []).map(({ instancePath, keyword, params }) =>
    [instancePath, keyword, params.missingProperty ?? params.additionalProperty ?? ''].join(' '),
  );
  return found.sort();
}

function ourFaults(value: unknown): string[] {
  return schemaFaults(SCHEMA, value)
    .map(({ path, keyword, key = '' }) => [path.map((step) => `/${step}`).join(''), keyword, key].join(' '))
    .sort();
}

const text = fc.constantFrom('a', 'b', '', '𝒳𝒳', 'abc', 'A', 'abcd', '𝒳𝒳𝒳');
const scalar = fc.oneof(
  text,
  fc.constantFrom<unknown>(0, 1, 1.5, 2, 3, 4, null, true, -1, [], {}, ['a'], { a: 1 }),
);
const map = fc.dictionary(fc.constantFrom('a', 'b', '__proto__', 'toString'), scalar, {
  noNullPrototype: true,
});
const value = fc.record(
  {
    ...{ number: scalar, real: scalar, a: scalar, one: scalar, more: scalar },
    list: fc.oneof(fc.array(scalar, { maxLength: 4 }), scalar),
    open: fc.oneof(map, scalar),
    deep: fc.oneof(map, scalar),
  },
  { requiredKeys: [] },
);

describe('schemaFaults', () => {
  it('finds what ajv finds', () => {
    fc.assert(
      fc.property(fc.oneof(value, scalar), (one) => {
        expect(ourFaults(one)).toEqual(ajvFaults(one));
      }),
      { numRuns: 2000 },
    );
  });

  it('tells the place, the keyword, what it wants and the key', () => {
    expect(schemaFaults(SCHEMA, { number: 9, list: ['a', 7] })).toEqual([
      { path: [], keyword: 'required', wanted: ['number', 'a'], key: 'a' },
      { path: ['number'], keyword: 'maximum', wanted: 3 },
      { path: ['list', 1], keyword: 'type', wanted: 'string' },
      { path: ['list', 1], keyword: 'enum', wanted: ['a', 'b', '', '𝒳𝒳', 'abc'] },
    ]);
    expect(schemaFaults(SCHEMA, { number: 1, a: 'a' })).toEqual([]);
  });

  it.each([
    ['a keyword', { oneOf: [] }, 'the JSON Schema keyword "oneOf" is not known here'],
    [
      'a reference',
      { $ref: 'https://example.org/a.json' },
      'the JSON Schema has no definition "https://example.org/a.json"',
    ],
  ])('refuses %s that it does not know, rather than pass over it', (_, schema, message) => {
    expect(() => schemaFaults(schema, 1)).toThrow(message);
  });
});
