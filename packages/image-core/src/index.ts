export { ImageError, type ImageErrorCode } from './errors.js';
export type { DiskPlan, PlannedPartition } from './imagedisk/disk-plan.js';
