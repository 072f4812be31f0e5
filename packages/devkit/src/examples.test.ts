import { readdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const checkout = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(`${checkout}/${path}`, 'utf8');
const templates = readdirSync(`${checkout}/examples`, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.yml'))
  .sort();
const rows = [...read('examples/README.md').matchAll(/^\| \[(\S+)\]\(\1\) \|.*\| ([\w-]+)\*? \|$/gm)];
/** Tests that have their templates from a table of their own. */
const TABLES: Readonly<Record<string, string>> = { 'disk-matrix': 'disk-rows.ts' };

describe('examples/README.md', () => {
  it('has each example once', () => {
    expect(rows.map(([, path]) => path).sort()).toEqual(templates);
  });

  it.each(rows.map(([, path = '', test = '']) => ({ path, test })))(
    '$path is built by $test',
    ({ path, test }) => {
      const source = read(`packages/devkit/e2e/${TABLES[test] ?? `${test}.e2e.ts`}`);
      expect(source).toMatch(new RegExp(`'(?:\\S*/)?${basename(path, '.yml')}(?:\\.yml)?'`));
    },
  );
});
