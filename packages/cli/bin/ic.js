#!/usr/bin/env node
import { readdirSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

// Optimizing a function pays when it runs for seconds. By default V8 begins after some milliseconds, and a command that
// is done in half a second spends a quarter of its processor time on machine code that it hardly uses.
setFlagsFromString('--interrupt-budget=1000000');

const { main } = await import(isBundleCurrent() ? '../dist/bundle/index.js' : '../dist/index.js');
process.exitCode = await main(process.argv.slice(2), process);

/** Who compiles in the workspace without bundling runs what was compiled. */
function isBundleCurrent() {
  const packages = fileURLToPath(new URL('../../', import.meta.url));
  const changed = (/** @type {string} */ path) =>
    statSync(packages + path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  const bundled = changed('cli/dist/bundle/index.js');
  return readdirSync(packages).every((name) => changed(`${name}/dist/.tsbuildinfo`) < bundled);
}
