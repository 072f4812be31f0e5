import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SchemaNode } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { SIGHTS } from './seen-keys.test.fixture.js';

const PACKAGES = fileURLToPath(new URL('../..', import.meta.url));
const EXAMPLES = fileURLToPath(new URL('../../../examples', import.meta.url));

/** What a key is called in the image config, where that is another word. */
const IN_CONFIG: Readonly<Record<string, string>> = {
  enableExtraModules: 'extraModules',
  bootCounting: 'tries',
};

interface Leaf {
  readonly key: string;
  /** Of a list of values, each is to be seen by itself. */
  readonly values?: readonly string[] | undefined;
}

function leavesOf(schema: SchemaNode, path: readonly string[] = []): Leaf[] {
  const { properties, items } = schema;
  if (properties !== undefined)
    return Object.entries(properties).flatMap(([name, node]) => leavesOf(node, [...path, name]));
  if (items?.properties !== undefined) return leavesOf(items, [...path, '*']);
  return [{ key: path.join('.'), values: schema.enum ?? items?.enum }];
}

const SCHEMA = JSON.parse(
  readFileSync(join(PACKAGES, 'toolchain/schema/template.schema.json'), 'utf8'),
) as SchemaNode;
const LEAVES = leavesOf(SCHEMA);
/** `key`, or `key=value` for each value of a list. */
const WANTED = LEAVES.flatMap(({ key, values }) =>
  values === undefined ? [key] : values.filter((value) => value !== '').map((value) => `${key}=${value}`),
);

/** What docs/template.md says is refused; a test of @ic/toolchain holds it against what is. */
const REFUSED = readFileSync(new URL('../../../docs/template.md', import.meta.url), 'utf8')
  .split(/^## /m)
  .filter((section) => section.startsWith('Not supported yet'))
  .flatMap((section) => [...section.matchAll(/^\| `([^`]+)` \| ([^|]+) \|/gm)])
  .map(([, key = '', values = '']) => ({
    key: key.replaceAll('[]', '.*'),
    values: values === 'all' ? undefined : values.split(' ').map((value) => value.replaceAll('`', '')),
  }));

function isRefused(wanted: string): boolean {
  const [asked = '', value = 'true'] = wanted.split('=');
  return REFUSED.some(
    ({ key, values }) =>
      (asked === key || asked.startsWith(`${key}.`)) && (values === undefined || values.includes(value)),
  );
}

/** A test's file, with what it imports from beside itself and the examples that it names. */
function sourceOf(file: string): string {
  const path = join(PACKAGES, file);
  const text = readFileSync(path, 'utf8');
  const imports = [...text.matchAll(/from '(\.\/[^']+)\.js'/g)].map(([, name]) =>
    join(path, '..', `${name}.ts`),
  );
  const examples = [...text.matchAll(/'([\w-]+\/[\w-]+\.yml)'/g)].map(([, name]) =>
    join(EXAMPLES, name ?? ''),
  );
  const more = [...imports, ...examples].filter((one) => existsSync(one));
  return [text, ...more.map((one) => readFileSync(one, 'utf8'))].join('\n');
}

describe('keys of the template', () => {
  it.each(WANTED)('%s: a test sees its effect, or it is refused', (wanted) => {
    const isSeen = SIGHTS.some(({ keys }) => keys.includes(wanted));
    // Who adds a key adds a test that builds or plans with it, and a row in seen-keys.test.fixture.ts.
    expect(isSeen || isRefused(wanted), `no test is known that sees ${wanted}`).toBe(true);
  });

  it.each(SIGHTS)('are seen by $test.1', ({ test: [file, title], keys }) => {
    expect(existsSync(join(PACKAGES, file)), `${file} is not there`).toBe(true);
    const text = readFileSync(join(PACKAGES, file), 'utf8');
    expect(
      text.includes(`'${title}',`) || text.includes(`'${title}'`),
      `${file} has no test "${title}"`,
    ).toBe(true);
    const source = sourceOf(file);
    for (const wanted of keys) {
      expect(WANTED, `${wanted} is no key of the schema`).toContain(wanted);
      const [key = '', value] = wanted.split('=');
      const word = key.split('.').at(-1) ?? '';
      const spellings = [word, IN_CONFIG[word] ?? word];
      expect(
        spellings.some((one) => source.toLowerCase().includes(one.toLowerCase())),
        `${file} says nothing of "${word}"`,
      ).toBe(true);
      if (value !== undefined) expect(source, `${file} says nothing of "${wanted}"`).toContain(value);
    }
  });
});
