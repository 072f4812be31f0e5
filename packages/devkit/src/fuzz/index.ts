export type { FuzzTarget } from './fuzz-target.js';
export { type FuzzRun, fuzzRun, runFuzz } from './run-fuzz.js';
