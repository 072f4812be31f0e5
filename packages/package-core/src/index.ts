export type { CacheEntry, CacheKind } from './cache/cache-entries.js';
export { useCache } from './cache/cache-use.js';
export type { Claim } from './cache/claims.js';
export { type FetchPackagesOptions, fetchPackages } from './cache/fetch-packages.js';
export {
  type CacheSummary,
  clearCache,
  listCache,
  type PruneOptions,
  pruneCache,
  type Removed,
  type VerifyOptions as VerifyCacheOptions,
  type VerifyResult as VerifyCacheResult,
  verifyCache,
} from './cache/keep-cache.js';
export { type Content, openPackageCache, type PackageCache } from './cache/package-cache.js';
export { packageUrl } from './cache/package-url.js';
export { readFetched } from './cache/read-fetched.js';
export { type Components, componentsOf } from './components.js';
export type {
  ContentFilter,
  FetchedPackage,
  IndexChain,
  KeySource,
  MirrorSource,
  PackageFamily,
  PackageId,
  PackageIndex,
  PackageProof,
  PackageRef,
  Provider,
  Repository,
  RepositoryProof,
  Resolution,
  ResolveRequest,
} from './contract.js';
export { damagedArchiveCode } from './damaged-archive-code.js';
export { PackageError, type PackageErrorCode } from './errors.js';
export { type ArchiveMember, escapingMember } from './escaping-member.js';
export {
  type DependencyEdge,
  type DependencyGraph,
  type DependencyRoot,
  dependencyGraph,
} from './graph/dependency-graph.js';
export { formatGraph, type GraphFormat } from './graph/format-graph.js';
export { type GraphData, graphData } from './graph/graph-data.js';
export type { DependencyChain } from './graph/shortest-chains.js';
export { whyChosen } from './graph/why-chosen.js';
export {
  type ImportedPackage,
  type ImportOptions,
  importMissing,
  importPackages,
  requireArchitecture,
  requireDistinct,
  warnOfLocal,
} from './local/import-packages.js';
export { buildLockfile, formatLockfile } from './lockfile/build-lockfile.js';
export { type LockChange, type LockedFile, lockChanges } from './lockfile/lock-changes.js';
export { lockedRequest } from './lockfile/locked-request.js';
export type { LockedRequest, Lockfile, LockRole } from './lockfile/lockfile.js';
export { lockedPackages, lockedProofs, readLockfile } from './lockfile/read-lockfile.js';
export { requireCurrent } from './lockfile/require-current.js';
export { explainForeignKey } from './metadata/foreign-key.js';
export {
  describeIndex,
  type IndexSubject,
  indexNotCached,
  indexTruncated,
  indexUnreachable,
  listMismatch,
  listNotUnpacked,
} from './metadata/index-errors.js';
export { checkFreshness, MAX_FUTURE } from './metadata/index-freshness.js';
export type { IndexAge, RollbackPolicy } from './metadata/index-history.js';
export { downloadList, MAX_LIST_BYTES } from './metadata/list-download.js';
export {
  type CurrentFile,
  createMetadataCache,
  type ListedFile,
  type MetadataCache,
  type MetadataRequest,
} from './metadata/metadata-cache.js';
export { readAll } from './metadata/read-all.js';
export { type RepositoryKeysOptions, repositoryKeys } from './metadata/repository-keys.js';
export { repositoryTrust, vouchedByPlace } from './metadata/repository-trust.js';
export { warnOfTrust } from './metadata/warn-of-trust.js';
export { createMirrors, type Mirrors } from './mirrors.js';
export { isNameGlob, nameGlob } from './name-glob.js';
export { packageIdTest } from './package-id-test.js';
export { createReadAhead, type ReadAhead, type ReadAheadOptions } from './read-ahead.js';
export { RootTree } from './root-tree.js';
export { PackageSolver } from './solver/package-solver.js';
export type {
  Conflict,
  Constraint,
  Exclusion,
  Outcome,
  Reason,
  Requirement,
  Universe,
  Wish,
} from './solver/problem.js';
export { type LeftOutWords, packageTitle, unsolvable } from './solver/unsolvable.js';
export { GrowingArray } from './table/growing-array.js';
export { type RowsByString, rowsByString } from './table/rows-by-string.js';
export {
  decodeTable,
  encodeTable,
  type Section,
  type StoredTable,
  type TableFormat,
} from './table/stored-table.js';
export { findString, StringPool, type Strings } from './table/string-pool.js';
export { loadPinnedKeys, type PinnedKeysOptions } from './trust/pinned-keys.js';
export { normalizeFingerprint, type PublicKey, readKeys } from './trust/public-key.js';
export { verifyClearSigned } from './trust/verify-clear-signed.js';
export { verifyDetached } from './trust/verify-detached.js';
export type { Trust, Verified, VerifyOptions } from './trust/verify-signature.js';
