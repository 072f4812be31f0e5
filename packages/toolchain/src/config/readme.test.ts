import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { packagesOf } from './readme.test.example.js';

it('the example of the README works', async () => {
  const example = fileURLToPath(new URL('../../../../examples/debian-12/minimal-raw.yml', import.meta.url));
  expect(await packagesOf(example)).toContain('openssh-server');
  expect(await packagesOf('nowhere.yml')).toContain(
    'TEMPLATE_NOT_FOUND: cannot read the template nowhere.yml',
  );
});

it('is the example of the README', () => {
  const example = readFileSync(new URL('readme.test.example.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../../README.md', import.meta.url), 'utf8')).toContain(example);
});
