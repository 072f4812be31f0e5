// Puts the compiled `ic` command and all that it imports into a few files, each with what V8 makes of it: loading and
// compiling hundreds takes longer than what most commands do. Part of `npm run build`; packages/cli/bin/ic.js says when the
// bundle is used.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { rolldown } from 'rolldown';
import { BUNDLE, compileChunk } from '../../cli/bin/bundle.js';
import { compiledState } from '../../cli/bin/compiled-state.js';
import { root } from './workspace.mjs';

/**
 * Modules find files of their package, such as schemas, by where they lie themselves. In the bundle they find them by where
 * that lies: packages are neighbours here as they are in node_modules/@ic.
 *
 * @type {import('rolldown').Plugin}
 */
const placesOfModules = {
  name: 'places-of-modules',
  load: {
    filter: { id: /\/packages\/[^/]+\/dist\// },
    async handler(id) {
      const code = await readFile(id, 'utf8');
      const place = `new URL(${JSON.stringify(relative(BUNDLE, id))}, import.meta.url).href`;
      return code.replaceAll('import.meta.url', place);
    },
  },
};

await rm(BUNDLE, { recursive: true, force: true });
const bundle = await rolldown({
  input: `${root}packages/cli/dist/index.js`,
  platform: 'node',
  plugins: [placesOfModules],
});
const { output } = await bundle.write({
  dir: BUNDLE,
  // Not modules: V8's code can be kept for scripts alone.
  format: 'cjs',
  entryFileNames: '[name].cjs',
  chunkFileNames: '[name]-[hash].cjs',
  sourcemap: true,
});
for (const { type, fileName } of output) {
  if (type !== 'chunk') continue;
  // Every function, not only those that a chunk runs when it is loaded.
  setFlagsFromString('--no-lazy');
  const script = compileChunk(fileName, undefined);
  setFlagsFromString('--lazy');
  await writeFile(`${BUNDLE}${fileName}.code`, script.createCachedData());
}
await writeFile(`${BUNDLE}made-from`, String(compiledState()));
