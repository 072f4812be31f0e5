import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, vi } from 'vitest';
import { build, check } from './readme.test.example.js';

it('the example of the README works', async () => {
  const example = fileURLToPath(new URL('../../../examples/debian-12/minimal-raw.yml', import.meta.url));
  expect(await check(example)).toMatch(/^\S+ 2: .*openssh-server/);
});

it('and refuses a wrong template before it makes anything', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ic-readme-'));
  const say = vi.spyOn(console, 'log').mockImplementation(() => {});
  writeFileSync(join(folder, 't.yml'), 'image: {}\n');
  const refused = { code: 'TEMPLATE_INVALID', fault: 'request' };
  await expect(build(join(folder, 't.yml'), folder, new AbortController().signal)).rejects.toMatchObject(
    refused,
  );
  expect(say.mock.calls).toEqual([['{"type":"stage","stage":"validate","status":"started"}']]);
  expect(existsSync(join(folder, 'cache'))).toBe(false);
  say.mockRestore();
  rmSync(folder, { recursive: true });
});

it('is the example of the README', () => {
  const example = readFileSync(new URL('readme.test.example.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(example);
});
