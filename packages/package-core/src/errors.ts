import { IcError } from '@ic/utils';

/** Codes of `@ic/package-core`, shared by both families. */
export type PackageErrorCode =
  | 'PACKAGE_UNKNOWN' // no repository has it; the hint names near ones
  | 'PACKAGE_NOT_CHOSEN' // asked about, but the solved set does not have it
  | 'PACKAGE_UNSOLVABLE' // relations contradict each other; the message is the reason
  | 'PACKAGE_INVALID' // a package file that is not what its index says
  | 'PACKAGE_MISSING' // offline and not in the cache, or gone from the mirror
  | 'PACKAGE_SWAPPED' // a sound package file, but of another package than its index says
  | 'MEMBER_ESCAPES' // a member of a package would land outside of the root, or behind the package's own link
  | 'HEADER_MISMATCH' // rpm: the header is not the one whose digest the package states
  | 'PAYLOAD_MISMATCH' // rpm: the same of its payload
  | 'REPOSITORY_UNREACHABLE'
  | 'REPOSITORY_INVALID' // an index that is malformed
  | 'SIGNATURE_MISSING'
  | 'SIGNATURE_INVALID' // malformed, expired, from the future, or a package's that does not fit it
  | 'SIGNATURE_WEAK' // over MD5 or SHA-1, without weakDigests
  | 'PACKAGE_UNSIGNED' // rpm: no signature that covers header and payload
  | 'KEY_UNKNOWN' // signed by a key that is not pinned for this repository
  | 'KEY_FOREIGN' // signed by a key that counts for another repository of this build only
  | 'KEY_UNPINNED' // the target leaves the fingerprint open: --trust-key is needed
  | 'KEY_UNAVAILABLE' // no source gave the pinned key
  | 'KEY_EXPIRED'
  | 'KEY_REVOKED'
  | 'KEY_REJECTED' // a pinned key that may not sign
  | 'KEY_WEAK' // a pinned key that is too short, or of a broken kind, without weakDigests
  | 'INDEX_EXPIRED' // Valid-Until has passed
  | 'INDEX_ALTERED' // not what the pinned key has signed
  | 'INDEX_TRUNCATED' // without its end
  | 'INDEX_MIXED' // a list of another publication than the index beside it
  | 'INDEX_NOT_YET_VALID' // dated in the future
  | 'INDEX_ROLLED_BACK' // older than the one that was seen last
  | 'LIST_ALTERED' // as long as the signed index says, and not the same
  | 'LIST_TOO_LONG'
  | 'LIST_TRUNCATED'
  | 'PACKAGE_ALTERED' // as long as its index says, and not the same
  | 'PACKAGE_TOO_LONG'
  | 'PACKAGE_TRUNCATED'
  | 'HASH_MISMATCH' // a file that changed in the cache after it was proven
  | 'CACHE_UNKNOWN' // a folder that is no cache of ours
  | 'DECOMPRESSION_LIMIT' // what is compressed has more in it than it says, or than anything sound has
  | 'LOCATION_ESCAPES' // an index places a file outside of its repository
  | 'FETCH_INCOMPLETE' // several packages could not be had, for several reasons
  | 'INSTALL_FAILED'
  | 'LOCK_MISSING' // a locked build, or an update of some packages, without a lockfile
  | 'LOCK_INVALID' // a lockfile that does not fit its schema, or that somebody changed
  | 'LOCK_STALE' // the template asks for something else than what was locked
  | 'FILE_CONFLICT'; // two packages bring the same file and neither replaces the other

export class PackageError extends IcError<PackageErrorCode> {}
