export {
  type Clock,
  type Context,
  defaultContext,
  type EventSink,
  type IcEvent,
  type Logger,
  silentLogger,
  stage,
} from './context.js';
export {
  cancelled,
  type Fault,
  IcError,
  type IcErrorOptions,
  messageOf,
  throwIfCancelled,
  UtilsError,
  type UtilsErrorCode,
} from './errors.js';
export { type ExecOptions, type ExecResult, exec, SYSTEM_PATH } from './exec.js';
export { diskFull, moveFileAtomic, writeFileAtomic } from './files.js';
export { seededUuid, sha256, sha256File } from './hash.js';
export { nearest } from './nearest.js';
export { redactUrl } from './redact.js';
export { formatSize, parseSize } from './sizes.js';
