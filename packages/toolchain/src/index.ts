export { createToolRunner } from './chrootenv/bubblewrap.js';
export { type NamespaceOptions, runInNamespaces } from './chrootenv/namespaces.js';
export type { RunOptions, ToolRunner } from './chrootenv/tool-runner.js';
export type {
  AdditionalFile,
  ArtifactConfig,
  BootloaderConfig,
  DiskArtifactType,
  DiskConfig,
  FileSystemType,
  GroupConfig,
  HookConfig,
  HookPoint,
  ImageConfig,
  KernelConfig,
  KeyboardConfig,
  Metadata,
  NetworkConfig,
  PartitionConfig,
  RootArtifactType,
  ServicesConfig,
  SwapFile,
  SystemConfig,
  Target,
  UserConfig,
} from './config/image-config.js';
export { loadConfig } from './config/load-config.js';
export type {
  ConfigIo,
  JsonObject,
  JsonValue,
  LoadConfigRequest,
  LoadedConfig,
} from './config/loaded-config.js';
export { buildManifest } from './configmanifest/build-manifest.js';
export type { ManifestArtifact, ManifestDisk, ManifestInput } from './configmanifest/manifest-input.js';
export { formatPosition, type Position } from './configparse/position.js';
export { ToolchainError, type ToolchainErrorCode } from './errors.js';
export type { NamespaceReport } from './hostenv/build-namespaces.js';
export { type Firmware, findFirmware } from './hostenv/find-firmware.js';
export { HOST_PACKAGES, type HostPackage, type HostPurpose } from './hostenv/host-packages.js';
export { type HostReport, type InspectOptions, inspectHost } from './hostenv/inspect-host.js';
export { installCommand, installHostPackages } from './hostenv/install-host-packages.js';
export { missingHostPackages } from './hostenv/missing-host-packages.js';
export { type KvmReport, probeKvm } from './hostenv/probe-kvm.js';
export {
  type Accelerator,
  type QemuDisk,
  type QemuMachine,
  qemuArguments,
} from './hostenv/qemu-arguments.js';
export { type HostNeeds, requireHost, requireHostPackages } from './hostenv/require-host.js';
