import { mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultContext, sha256 } from '@ic/utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { keepTarball, readTarball } from './chroot-tarball.js';

let parent: string;
let folder: string;
beforeEach(() => {
  parent = mkdtempSync(join(tmpdir(), 'ic-tarball-'));
  folder = join(parent, 'chroot');
});
afterEach(() => rmSync(parent, { recursive: true }));

const NOW = 1_700_000_000_000;
const warnings: string[] = [];
const { logger } = defaultContext();
const context = defaultContext({
  clock: { now: () => new Date(NOW) },
  logger: { ...logger, warn: (text) => warnings.push(text) },
});
const [key, other] = [sha256('key'), sha256('other')];
const read = async (wanted = key) => (await readTarball(folder, wanted, context))?.toString();

async function keep(content: string): Promise<string> {
  writeFileSync(join(parent, 'made'), content);
  await keepTarball(join(parent, 'made'), folder, key);
  return join(folder, `${key}.${sha256(content)}.tar.zst`);
}

it('gives back what was kept under its key, and notes its use', async () => {
  expect(await read()).toBeUndefined();
  const path = await keep('tarball');
  expect(await read()).toBe('tarball');
  expect(statSync(path).mtimeMs).toBe(NOW);
  expect(await read(other)).toBeUndefined();
  expect(readdirSync(parent)).toEqual(['chroot']);
});

it('removes what is damaged, and gives back another that is whole', async () => {
  writeFileSync(await keep('tarball'), 'tarbal');
  expect(await read()).toBeUndefined();
  expect(warnings).toHaveLength(1);
  expect(readdirSync(folder)).toEqual([]);
  writeFileSync(join(folder, `${key}.tar.zst`), 'of an older version');
  await keep('again');
  expect(await read()).toBe('again');
});

it('says nothing of a tarball that a version without hashes kept', async () => {
  await keep('tarball');
  warnings.length = 0;
  writeFileSync(join(folder, `${other}.tar.zst`), 'older');
  expect(await read(other)).toBeUndefined();
  expect(warnings).toEqual([]);
});
