import { readFileSync } from 'node:fs';
import { type SchemaNode, schemaDefinition } from '@ic/utils';
import type { Path } from '../configparse/located.js';

/** A schema file of this package, by its name in `schema/`. Read once. */
export function schemaNamed(name: 'template' | 'target' | 'manifest'): SchemaNode {
  let schema = loaded.get(name);
  if (schema === undefined) {
    const file = new URL(`../../schema/${name}.schema.json`, import.meta.url);
    schema = JSON.parse(readFileSync(file, 'utf8')) as SchemaNode;
    loaded.set(name, schema);
  }
  return schema;
}

const loaded = new Map<string, SchemaNode>();

/** The schema of a map's values, where it takes any key. */
function valuesOf({ additionalProperties: values }: SchemaNode): SchemaNode | undefined {
  return typeof values === 'object' ? (values as SchemaNode) : undefined;
}

/** The schema of the value at a path; undefined where the schema knows no such path. */
export function schemaAt(schema: SchemaNode, path: Path): SchemaNode | undefined {
  let node: SchemaNode | undefined = schema;
  for (const step of path) {
    if (node === undefined) return undefined;
    if (typeof step === 'number') node = node.items;
    else
      node =
        node.properties !== undefined && Object.hasOwn(node.properties, step)
          ? node.properties[step]
          : valuesOf(node);
    if (node?.$ref !== undefined) node = schemaDefinition(schema, node.$ref);
  }
  return node;
}
