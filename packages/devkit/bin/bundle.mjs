// Puts the compiled `ic` command and all that it imports into a few files: loading hundreds takes longer than what most
// commands do. Part of `npm run build`; packages/cli/bin/ic.js says when the bundle is used.
import { readFile, rm, writeFile } from 'node:fs/promises';
import { relative } from 'node:path';
import { rolldown } from 'rolldown';
import { compiledState } from '../../cli/bin/compiled-state.js';
import { root } from './workspace.mjs';

const folder = `${root}packages/cli/dist/bundle`;

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
      const place = `new URL(${JSON.stringify(relative(folder, id))}, import.meta.url).href`;
      return code.replaceAll('import.meta.url', place);
    },
  },
};

await rm(folder, { recursive: true, force: true });
const bundle = await rolldown({
  input: `${root}packages/cli/dist/index.js`,
  platform: 'node',
  plugins: [placesOfModules],
});
await bundle.write({ dir: folder, format: 'esm', sourcemap: true });
await writeFile(`${folder}/made-from`, String(compiledState()));
