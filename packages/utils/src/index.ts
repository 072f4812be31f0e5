export { type ArMember, readAr } from './archives/ar.js';
export { type CpioEntry, type CpioInput, readCpio, writeCpio } from './archives/cpio.js';
export { readTar, type TarEntry, type TarEntryType } from './archives/tar.js';
export { type WriteTarOptions, writeTar } from './archives/tar-writer.js';
export { type CompressFileOptions, compressFile } from './compression/compress-file.js';
export { type CompressionFormat, detectCompression } from './compression/compression-format.js';
export { type DecompressOptions, decompress, decompressSync } from './compression/decompress.js';
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
export { parseDuration } from './durations.js';
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
export { diskFull, moveFileAtomic, requireFolder, writeFileAtomic } from './files.js';
export { seededUuid, sha256, sha256File } from './hash.js';
export type { ClientCertificate } from './http/agents.js';
export { createFetcher } from './http/create-fetcher.js';
export type { BytesResponse, Expected, Fetcher, FetcherOptions, RequestOptions } from './http/fetcher.js';
export { type Login, readLogins } from './http/logins.js';
export type { ProxySettings } from './http/proxy-for.js';
export { type SchemaFault, type SchemaNode, schemaDefinition, schemaFaults } from './json-schema.js';
export { createLimit, type Limit } from './limit.js';
export { type ClosableLogger, createLogger, type LoggerOptions } from './logger.js';
export { nearest } from './nearest.js';
export { parseTime } from './parse-time.js';
export { type ProcessState, processMark, processState } from './process-mark.js';
export { redactUrl } from './redact.js';
export { formatSize, parseSize } from './sizes.js';
export { together } from './together.js';
