export type {
  FetchedPackage,
  KeySource,
  PackageFamily,
  PackageId,
  PackageIndex,
  PackageRef,
  Provider,
  Repository,
  RepositoryProof,
  Resolution,
  ResolveRequest,
} from './contract.js';
export { PackageError, type PackageErrorCode } from './errors.js';
