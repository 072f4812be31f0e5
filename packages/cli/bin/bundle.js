import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { setFlagsFromString } from 'node:v8';
import { constants, Script } from 'node:vm';

/** Where the bundled command lies: CommonJS in chunks (`.cjs`), each with what V8 made of it (`.code`). */
export const BUNDLE = fileURLToPath(new URL('../dist/bundle/', import.meta.url));

// Optimizing a function pays when it runs for seconds. By default V8 begins after some milliseconds, and a command that
// is done in half a second spends a quarter of its processor time on machine code that it hardly uses. Set wherever
// chunks are compiled, for V8 takes code only under the flags that it was made with.
setFlagsFromString('--interrupt-budget=1000000');

/** The bundled command: its first chunk is run, and what that requires. */
export function loadBundle() {
  const require = createRequire(import.meta.url);
  /** @type {Map<string, { exports: object }>} */
  const loaded = new Map();
  const load = (/** @type {string} */ name) => {
    const known = loaded.get(name);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    loaded.set(name, module);
    const run = compileChunk(name, codeOf(name)).runInThisContext();
    const requireFrom = (/** @type {string} */ id) =>
      id.startsWith('./') ? load(id.slice('./'.length)) : require(id);
    run(module.exports, requireFrom, module, BUNDLE + name);
    return module.exports;
  };
  return /** @type {typeof import('../dist/index.js')} */ (load('index.cjs'));
}

/**
 * @param {string} name
 * @param {Buffer | undefined} cachedData what V8 made of it before. V8 itself refuses what another version of it made, or of
 *   another text, and compiles then.
 */
export function compileChunk(name, cachedData) {
  const text = readFileSync(BUNDLE + name, 'utf8');
  return new Script(`(function (exports, require, module, __filename) {${text}\n})`, {
    filename: pathToFileURL(BUNDLE + name).href,
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
    ...(cachedData && { cachedData }),
  });
}

/** @param {string} name */
function codeOf(name) {
  try {
    return readFileSync(`${BUNDLE}${name}.code`);
  } catch {
    return undefined;
  }
}
