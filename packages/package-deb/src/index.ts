export { type Field, type Paragraph, parseParagraphs } from './deb822.js';
export {
  type DebCompression,
  type DebControlFile,
  type DebFile,
  type DebReadOptions,
  readDeb,
  readDebData,
} from './debfile.js';
export { type HostMirrorOptions, withHostMirrors } from './host-mirror.js';
export { type InstallDebsOptions, installDebs } from './install/install.js';
export type { PackageRunner } from './install/runner.js';
export { unpackTree } from './install/unpack.js';
export { type UnpackDebsOptions, unpackDebs } from './install/unpack-debs.js';
export { DebIndex, type DebPackage, type PackagesFile, packageRef } from './packages-index.js';
export { createDebProvider, type DebProviderOptions } from './provider.js';
export { parseRelations, type Relation, type RelationOperator } from './relation.js';
export { resolve } from './resolve/resolve.js';
export { compareVersions, satisfies } from './version.js';
