export type { Io, Output } from './io.js';
export type { Library } from './library.js';
export { main } from './main.js';
