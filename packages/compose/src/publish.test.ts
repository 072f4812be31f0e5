import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultContext, type IcEvent } from '@ic/utils';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Artifact } from './api.js';
import { publish } from './publish.js';

let folder: string;
let output: string;
let events: IcEvent[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-publish-'));
  output = join(folder, 'out/deep');
  events = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const artifact = (name: string): Artifact => ({
  path: join(folder, name),
  format: 'raw',
  bytes: 1,
  sha256: name,
});
function finished(...names: string[]) {
  for (const name of names) writeFileSync(join(folder, name), name);
  return { artifacts: names.map(artifact), manifest: { a: 1 }, name: 'image-1' };
}
const context = () => defaultContext({ events: (event) => events.push(event) });

it('moves all files, then writes the manifest, then tells of them', async () => {
  const result = await publish(finished('x.raw', 'x.raw.gz'), output, context());
  expect(result).toEqual({
    artifacts: ['x.raw', 'x.raw.gz'].map((name) => ({ ...artifact(name), path: join(output, name) })),
    manifest: join(output, 'image-1.manifest.json'),
  });
  expect(readdirSync(output).sort()).toEqual(['image-1.manifest.json', 'x.raw', 'x.raw.gz']);
  expect(readFileSync(result.manifest, 'utf8')).toBe('{\n  "a": 1\n}\n');
  expect(existsSync(join(folder, 'x.raw'))).toBe(false);
  expect(events.map((event) => event.type === 'artifact' && event.path)).toEqual(
    result.artifacts.map(({ path }) => path),
  );
});

it('replaces what an earlier build has published, and touches nothing else', async () => {
  mkdirSync(output, { recursive: true });
  for (const name of ['x.raw', 'image-1.manifest.json', 'mine']) writeFileSync(join(output, name), 'old');
  await publish(finished('x.raw'), output, context());
  expect(readFileSync(join(output, 'x.raw'), 'utf8')).toBe('x.raw');
  expect(readFileSync(join(output, 'mine'), 'utf8')).toBe('old');
  expect(readFileSync(join(output, 'image-1.manifest.json'), 'utf8')).toContain('"a"');
});

it.each([
  ['the last file is missing', (paths: Artifact[]) => rmSync(paths[1]?.path ?? '')],
  ['the last file’s place is a folder', () => mkdirSync(join(output, 'b/x'), { recursive: true })],
  [
    'the manifest’s place is a folder',
    () => mkdirSync(join(output, 'image-1.manifest.json/x'), { recursive: true }),
  ],
])('leaves nothing of this build and no old manifest when %s', async (_, spoil) => {
  const build = finished('a', 'b');
  mkdirSync(output, { recursive: true });
  spoil(build.artifacts);
  const before = readdirSync(output);
  if (before.length === 0) writeFileSync(join(output, 'image-1.manifest.json'), 'old');
  await expect(publish(build, output, context())).rejects.toThrow();
  expect(readdirSync(output)).toEqual(before);
  expect(events).toEqual([]);
});
