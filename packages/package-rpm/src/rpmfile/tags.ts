/** Numbers of the tags we read (rpm, include/rpm/rpmtag.h), of the signature header. */
export const SIGNATURE_TAG = {
  region: 62,
  /** Over the main header: an OpenPGP signature by a DSA, ECDSA or EdDSA key. */
  dsaHeader: 267,
  /** Over the main header, by an RSA key. */
  rsaHeader: 268,
  sha1Header: 269,
  /** Uncompressed payload, 64 bits. */
  longArchiveSize: 271,
  sha256Header: 273,
  /** rpm 6: base64, any number of signatures over the main header. */
  openPgp: 278,
  /** rpm 6. */
  sha3Header: 279,
  /** Over header and payload (rpm before 4.14), by an RSA key. */
  pgp: 1002,
  /** Over header and payload, by a DSA key. */
  gpg: 1005,
  /** Uncompressed payload, 32 bits. */
  archiveSize: 1007,
} as const;

/** Of the main header. */
export const TAG = {
  region: 63,
  name: 1000,
  version: 1001,
  release: 1002,
  epoch: 1003,
  architecture: 1022,
  fileSizes: 1028,
  fileModes: 1030,
  fileDevices: 1033,
  fileMtimes: 1034,
  fileDigests: 1035,
  fileLinkTargets: 1036,
  fileFlags: 1037,
  fileOwners: 1039,
  fileGroups: 1040,
  sourceRpm: 1044,
  fileVerifyFlags: 1045,
  archiveSize: 1046,
  fileSystems: 1095,
  fileInodes: 1096,
  dirIndexes: 1116,
  baseNames: 1117,
  dirNames: 1118,
  payloadFormat: 1124,
  payloadCompressor: 1125,
  longFileSizes: 5008,
  fileCapabilities: 5010,
  fileDigestAlgorithm: 5011,
  payloadDigest: 5092,
  payloadDigestAlgorithm: 5093,
  payloadDigestAlternative: 5097,
  /** rpm 6: uncompressed payload, 64 bits. */
  payloadSizeAlternative: 5113,
} as const;

/** Name, version and flags of each kind of relation. */
export const RELATION_TAGS = {
  provides: [1047, 1113, 1112],
  requires: [1049, 1050, 1048],
  conflicts: [1054, 1055, 1053],
  obsoletes: [1090, 1115, 1114],
  recommends: [5046, 5047, 5048],
  suggests: [5049, 5050, 5051],
  supplements: [5052, 5053, 5054],
  enhances: [5055, 5056, 5057],
  /** OrderWithRequires: matters only when both packages are installed together. */
  order: [5035, 5036, 5037],
} as const satisfies Record<string, readonly [number, number, number]>;

/** The program of each scriptlet, and its text. */
export const SCRIPTLET_TAGS = {
  pretrans: [1153, 1151],
  pre: [1085, 1023],
  post: [1086, 1024],
  preun: [1087, 1025],
  postun: [1088, 1026],
  posttrans: [1154, 1152],
} as const satisfies Record<string, readonly [number, number]>;
