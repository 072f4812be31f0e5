export type { FuzzTarget } from './fuzz-target.js';
export { fuzzRun, runFuzz } from './run-fuzz.js';
