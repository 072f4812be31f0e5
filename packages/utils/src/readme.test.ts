import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect, it } from 'vitest';
import { rawTar } from './archives/tar.test.fixture.js';
import { listPackage } from './readme.test.example.js';

it('the example of the README works', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'ic-readme-'));
  const data = gzipSync(rawTar({ name: './usr/', flag: '5' }, { name: './usr/hello' }));
  const header = `${'data.tar.gz'.padEnd(48)}${String(data.length).padEnd(10)}\`\n`;
  const deb = join(folder, 'hello.deb');
  writeFileSync(deb, Buffer.concat([Buffer.from(`!<arch>\n${header}`), data]));
  expect(await listPackage(pathToFileURL(deb).href)).toEqual(['directory usr', 'file usr/hello']);
  rmSync(folder, { recursive: true });
});

it('is the example of the README', () => {
  const example = readFileSync(new URL('readme.test.example.ts', import.meta.url), 'utf8');
  expect(readFileSync(new URL('../README.md', import.meta.url), 'utf8')).toContain(example);
});
