export type { RunOptions, ToolRunner } from './chrootenv/tool-runner.js';
export type {
  AdditionalFile,
  ArtifactConfig,
  BootloaderConfig,
  DiskConfig,
  ImageConfig,
  KernelConfig,
  KeyboardConfig,
  Metadata,
  NetworkConfig,
  PartitionConfig,
  ServicesConfig,
  SystemConfig,
  Target,
  UserConfig,
} from './config/image-config.js';
export type {
  ConfigIo,
  JsonObject,
  JsonValue,
  LoadConfigRequest,
  LoadedConfig,
} from './config/loaded-config.js';
export type { ManifestArtifact, ManifestDisk, ManifestInput } from './configmanifest/manifest-input.js';
export { formatPosition, type Position } from './configparse/position.js';
export { ToolchainError, type ToolchainErrorCode } from './errors.js';
