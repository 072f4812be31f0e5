export { type InitramfsImageOptions, makeInitramfsImage } from './make-initramfs-image.js';
export { makeRawImage, type RawImageOptions } from './make-raw-image.js';
