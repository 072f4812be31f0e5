import { existsSync } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { exec } from '@ic/utils';
import { expect, it } from 'vitest';
import { BUNDLE, compileChunk } from '../../cli/bin/bundle.js';
import { compiledState } from '../../cli/bin/compiled-state.js';

const inCli = (path: string) => fileURLToPath(new URL(`../../cli/${path}`, import.meta.url));
const MADE_FROM = inCli('dist/bundle/made-from');
const isCurrent = existsSync(MADE_FROM) && (await readFile(MADE_FROM, 'latin1')) === String(compiledState());

/** Needs `npm run build` since the last `tsc -b`, as `npm test` does. */
it.skipIf(!isCurrent)(
  'ic runs as the bundle, which finds schemas and targets where its packages have them',
  async () => {
    const coverage = await mkdtemp(join(tmpdir(), 'ic-bundle-'));
    try {
      const example = fileURLToPath(new URL('../../../examples/debian-12/minimal-raw.yml', import.meta.url));
      await exec(process.execPath, [inCli('bin/ic.js'), 'validate', example], {
        env: { NODE_V8_COVERAGE: coverage },
      });
      const [report = ''] = await readdir(coverage);
      const { result } = JSON.parse(await readFile(join(coverage, report), 'utf8'));
      const loaded = (result as { url: string }[]).map(({ url }) => url.replace(/^.*\/packages\//, ''));
      expect(loaded).toContain('cli/dist/bundle/index.cjs');
      expect(loaded.filter((path) => path.startsWith('toolchain/'))).toEqual([]);
    } finally {
      await rm(coverage, { recursive: true, force: true });
    }
  },
);

it.skipIf(!isCurrent)('V8 takes the code that it made of each chunk', async () => {
  const chunks = (await readdir(BUNDLE)).filter((name) => name.endsWith('.cjs'));
  const taken = await Promise.all(
    chunks.map(
      async (name) => compileChunk(name, await readFile(`${BUNDLE}${name}.code`)).cachedDataRejected,
    ),
  );
  expect(taken).toEqual(chunks.map(() => false));
});
