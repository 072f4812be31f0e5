export { ImageError, type ImageErrorCode } from './errors.js';
export { type AssembleOptions, assembleDisk } from './imagedisk/assemble-disk.js';
export type { DiskPlan, PlannedPartition } from './imagedisk/disk-plan.js';
export { planDisk } from './imagedisk/plan-disk.js';
export { configureSystem } from './imageos/configure-system.js';
export type { ImageSystem } from './imageos/image-system.js';
export { resolveInRoot } from './imageos/resolve-in-root.js';
export { sealSystem } from './imageos/seal-system.js';
