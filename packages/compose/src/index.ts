export type { DiskPlan } from '@ic/image-core';
export type {
  Artifact,
  ComposeOptions,
  ComposeResult,
  FetchOptions,
  LockOptions,
  LockResult,
  ResolveOptions,
  ResolveResult,
  TemplateRequest,
} from './api.js';
export { compose } from './compose.js';
export { dependencies } from './dependencies.js';
export { fetch } from './fetch.js';
export { lock } from './lock.js';
export { plan } from './plan.js';
export { resolve } from './resolve.js';
export { validate } from './validate.js';
export { why } from './why.js';
