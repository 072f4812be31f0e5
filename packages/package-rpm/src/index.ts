export type { Dependency } from './dependency.js';
export type { Evr } from './evr.js';
export { type InstallRpmsOptions, installRpms } from './install/install.js';
export type { ToolsRunner } from './install/runner.js';
export { type UnpackRpmsOptions, unpackRpms } from './install/unpack-rpms.js';
export { createRpmProvider, type RpmProviderOptions } from './provider.js';
export type { RpmIndex, RpmPackage } from './rpm-package.js';
