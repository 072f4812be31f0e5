export { makeRawImage, type RawArtifact, type RawImageOptions } from './make-raw-image.js';
