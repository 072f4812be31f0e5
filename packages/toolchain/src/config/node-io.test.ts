import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { loadConfig } from './load-config.js';
import { nodeIo } from './node-io.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-io-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, data: string | Uint8Array): string {
  writeFileSync(join(folder, name), data);
  return join(folder, name);
}

it('reads text, with or without a byte order mark', async () => {
  expect(await nodeIo.readFile(file('plain', 'grün'))).toBe('grün');
  expect(await nodeIo.readFile(file('marked', '\ufeffgrün'))).toBe('grün');
});

it.each([
  ['a folder', () => folder, 'it is a folder'],
  ['what is not there', () => join(folder, 'none'), 'there is no such file'],
  ['a device without end', () => '/dev/zero', 'it has more than 4 MB'],
  ['bytes', () => file('bytes', Uint8Array.of(0x61, 0xff)), 'it is not text in UTF-8'],
])('a template that is %s is refused in words', async (_, path, why) => {
  await expect(loadConfig({ template: path() })).rejects.toMatchObject({
    code: 'TEMPLATE_NOT_FOUND',
    message: `cannot read the template ${path()}: ${why}`,
  });
});
