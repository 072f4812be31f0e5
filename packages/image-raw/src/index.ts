export { makeRawImage, type RawImageOptions } from './make-raw-image.js';
