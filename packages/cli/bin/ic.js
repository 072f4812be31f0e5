#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { compiledState } from './compiled-state.js';

// Optimizing a function pays when it runs for seconds. By default V8 begins after some milliseconds, and a command that
// is done in half a second spends a quarter of its processor time on machine code that it hardly uses.
setFlagsFromString('--interrupt-budget=1000000');

const { main } = await import(isBundleCurrent() ? '../dist/bundle/index.js' : '../dist/index.js');
process.exitCode = await main(process.argv.slice(2), process);

/** Who compiles in the workspace without bundling runs what was compiled. */
function isBundleCurrent() {
  const state = compiledState();
  try {
    const madeFrom = readFileSync(new URL('../dist/bundle/made-from', import.meta.url), 'latin1');
    return state === undefined || madeFrom === String(state);
  } catch {
    return false;
  }
}
