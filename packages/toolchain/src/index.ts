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
export { ToolchainError, type ToolchainErrorCode } from './errors.js';
