import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Ajv } from 'ajv';

/** Where golang-github-opencontainers-image-spec-dev puts the specification's own schemas. */
const FOLDER = '/usr/share/gocode/src/github.com/opencontainers/image-spec/schema';

/** What a document has against one of the schemas; undefined where they are not installed. */
export const ociSchemas = existsSync(FOLDER) ? readSchemas() : undefined;

function readSchemas(): (schema: string, document: unknown) => unknown[] {
  const ajv = new Ajv({ strict: false, validateFormats: false });
  for (const name of readdirSync(FOLDER).filter((file) => file.endsWith('.json'))) {
    ajv.addSchema(withoutIds(JSON.parse(readFileSync(join(FOLDER, name), 'utf8'))) as object, name);
  }
  return (schema, document) => {
    ajv.validate(schema, document);
    return ajv.errors ?? [];
  };
}

/** Draft 4 calls `$id` `id`, and these name places that nobody refers to; the rest reads the same in later drafts. */
function withoutIds(node: unknown): unknown {
  if (Array.isArray(node)) return node.map(withoutIds);
  if (typeof node !== 'object' || node === null) return node;
  const entries = Object.entries(node).filter(
    ([key, value]) => key !== '$schema' && !(key === 'id' && typeof value === 'string'),
  );
  return Object.fromEntries(entries.map(([key, value]) => [key, withoutIds(value)]));
}
