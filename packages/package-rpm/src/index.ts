export type { Dependency } from './dependency.js';
export type { Evr } from './evr.js';
export type { RpmIndex, RpmPackage } from './rpm-package.js';
