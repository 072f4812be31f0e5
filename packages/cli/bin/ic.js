#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { BUNDLE, loadBundle } from './bundle.js';
import { compiledState } from './compiled-state.js';

const { main } = isBundleCurrent() ? loadBundle() : await import('../dist/index.js');
process.exitCode = await main(process.argv.slice(2), process);

/** Who compiles in the workspace without bundling runs what was compiled. */
function isBundleCurrent() {
  const state = compiledState();
  try {
    const madeFrom = readFileSync(`${BUNDLE}made-from`, 'latin1');
    return state === undefined || madeFrom === String(state);
  } catch {
    return false;
  }
}
