import type { PackageErrorCode, PackageFamily } from '@ic/package-core';
import type { UtilsErrorCode } from '@ic/utils';

type AttackCode = PackageErrorCode | UtilsErrorCode;

/** Something that a server, or somebody between it and us, may do, and what comes of it. */
export interface Attack {
  readonly title: string;
  /** The code that it ends with; of a family that it cannot be tried on, a sentence that says why. */
  readonly outcome: Readonly<Record<PackageFamily, AttackCode | { readonly doesNotApply: string }>>;
  /** What the user is told to do. */
  readonly advice: string;
}

const both = (code: AttackCode): Attack['outcome'] => ({ deb: code, rpm: code });
const rpmAlone = (code: AttackCode, doesNotApply: string): Attack['outcome'] => ({
  deb: { doesNotApply },
  rpm: code,
});

const ANOTHER_MIRROR = 'another mirror';
const NOT_SIGNED = 'the files of the deb family are not signed: the signed index has their hashes';
const HOSTILE = 'do not use this repository';
const WRONG_SERVER = 'check the address; name your own certificate authority if it has one';

/**
 * What nobody may get away with, from one end of the chain to the other. Each family tries all of them
 * (`attacks.e2e.ts`), and docs/attacks.md shows them.
 */
export const ATTACKS = {
  'index-unsigned': {
    title: 'an index that is not signed',
    outcome: both('SIGNATURE_MISSING'),
    advice: 'a mirror that serves the signed index',
  },
  'index-unknown-key': {
    title: 'an index signed by a key that nobody pinned',
    outcome: both('KEY_UNKNOWN'),
    advice: '`--trust-key`, if the new key is known to be right',
  },
  'index-foreign-key': {
    title: 'an index signed by the key of another repository of the same build',
    outcome: both('KEY_FOREIGN'),
    advice: 'check the addresses of both repositories',
  },
  'key-expired': {
    title: 'an index signed by a key that has expired',
    outcome: both('KEY_EXPIRED'),
    advice: 'the current key of the repository',
  },
  'key-revoked': {
    title: 'an index signed by a key that was revoked',
    outcome: both('KEY_REVOKED'),
    advice: 'the key that took its place',
  },
  'key-weak': {
    title: 'an index signed by an RSA key of 1024 bits',
    outcome: both('KEY_WEAK'),
    advice: 'ask the repository for a better key; `weakDigests: true` accepts it knowingly',
  },
  'digest-weak': {
    title: 'an index whose signature is over SHA-1',
    outcome: both('SIGNATURE_WEAK'),
    advice: 'ask the repository for a better signature; `weakDigests: true` accepts it knowingly',
  },
  'index-altered': {
    title: 'an index that was altered',
    outcome: both('INDEX_ALTERED'),
    advice: ANOTHER_MIRROR,
  },
  'index-altered-same-size': {
    title: 'an index that was altered and kept its size',
    outcome: both('INDEX_ALTERED'),
    advice: ANOTHER_MIRROR,
  },
  'index-truncated': {
    title: 'an index that is cut off',
    outcome: both('INDEX_TRUNCATED'),
    advice: 'again, or another mirror',
  },
  'index-replayed': {
    title: 'an old index, once right, in the place of the one seen last',
    outcome: both('INDEX_ROLLED_BACK'),
    advice: 'another mirror; `--allow-rollback` where the repository really went back',
  },
  'index-expired': {
    title: 'an index that is older than it says it may be',
    outcome: {
      deb: 'INDEX_EXPIRED',
      rpm: { doesNotApply: 'a repomd.xml says of no day that it ends on' },
    },
    advice: 'another mirror; `--at TIME` to rebuild the past',
  },
  'list-altered': {
    title: 'a package list that was altered and is longer than before',
    outcome: both('LIST_TOO_LONG'),
    advice: ANOTHER_MIRROR,
  },
  'list-altered-same-size': {
    title: 'a package list that was altered and kept its size',
    outcome: both('LIST_ALTERED'),
    advice: ANOTHER_MIRROR,
  },
  'list-truncated': {
    title: 'a package list that is cut off',
    outcome: both('LIST_TRUNCATED'),
    advice: ANOTHER_MIRROR,
  },
  'list-mixed': {
    title: 'a package list of an earlier publication beside the index of a later one',
    outcome: both('INDEX_MIXED'),
    advice: 'again in some minutes, or another mirror',
  },
  'list-mixed-unseen': {
    title: 'the same for a machine that has seen neither',
    outcome: both('INDEX_MIXED'),
    advice: 'again in some minutes, or another mirror',
  },
  'list-bomb': {
    title: 'a package list that unpacks to more than it says',
    outcome: both('DECOMPRESSION_LIMIT'),
    advice: HOSTILE,
  },
  'list-location-up': {
    title: 'a package list that names `../../etc/passwd`',
    outcome: both('LOCATION_ESCAPES'),
    advice: HOSTILE,
  },
  'list-location-absolute': {
    title: 'a package list that names `/etc/passwd`',
    outcome: both('LOCATION_ESCAPES'),
    advice: HOSTILE,
  },
  'index-location-up': {
    title: 'an index that names a list at `../../etc/passwd`',
    outcome: both('LOCATION_ESCAPES'),
    advice: HOSTILE,
  },
  'package-altered': {
    title: 'a package that was altered and is longer than before',
    outcome: both('PACKAGE_TOO_LONG'),
    advice: ANOTHER_MIRROR,
  },
  'package-altered-same-size': {
    title: 'a package that was altered and kept its size',
    outcome: both('PACKAGE_ALTERED'),
    advice: ANOTHER_MIRROR,
  },
  'package-truncated': {
    title: 'a package that is cut off',
    outcome: both('PACKAGE_TRUNCATED'),
    advice: ANOTHER_MIRROR,
  },
  'package-bomb': {
    title: 'a package that unpacks to more than it says, or than any has',
    outcome: both('DECOMPRESSION_LIMIT'),
    advice: HOSTILE,
  },
  'package-other-name': {
    title: 'a validly signed package in the place of another',
    outcome: both('PACKAGE_SWAPPED'),
    advice: ANOTHER_MIRROR,
  },
  'package-other-version': {
    title: 'a validly signed old version of a package in the place of the new one',
    outcome: both('PACKAGE_SWAPPED'),
    advice: ANOTHER_MIRROR,
  },
  'package-unsigned': {
    title: 'a package that nobody signed, with its hash in the index',
    outcome: rpmAlone('PACKAGE_UNSIGNED', NOT_SIGNED),
    advice: 'a repository whose packages are signed',
  },
  'package-unknown-key': {
    title: 'a package signed by a stranger, with its hash in the index',
    outcome: rpmAlone('KEY_UNKNOWN', NOT_SIGNED),
    advice: '`--trust-key`, if the new key is known to be right',
  },
  'package-foreign-key': {
    title: 'a package signed by the key of another repository, with its hash in the index',
    outcome: rpmAlone('KEY_FOREIGN', NOT_SIGNED),
    advice: 'check the addresses of both repositories',
  },
  'header-swapped': {
    title: 'an rpm whose immutable header region is that of another package',
    outcome: rpmAlone('HEADER_MISMATCH', NOT_SIGNED),
    advice: ANOTHER_MIRROR,
  },
  'header-swapped-with-digest': {
    title: 'the same with the digest of the new region, which no signature covers',
    outcome: rpmAlone('SIGNATURE_INVALID', NOT_SIGNED),
    advice: ANOTHER_MIRROR,
  },
  'header-outside-region': {
    title: 'an rpm with header entries outside of its immutable region',
    outcome: rpmAlone('PACKAGE_INVALID', NOT_SIGNED),
    advice: ANOTHER_MIRROR,
  },
  'member-name': {
    title: 'a file of a package named `../../etc/passwd`',
    outcome: both('MEMBER_ESCAPES'),
    advice: HOSTILE,
  },
  'member-symlink': {
    title: 'a file of a package behind a symbolic link of its own that leads out of the root',
    outcome: both('MEMBER_ESCAPES'),
    advice: HOSTILE,
  },
  'member-hard-link': {
    title: 'a hard link in a package to a file outside of the root',
    outcome: {
      deb: 'MEMBER_ESCAPES',
      rpm: { doesNotApply: "an rpm's hard links share a number and name no path" },
    },
    advice: HOSTILE,
  },
  'redirect-index': {
    title: 'a redirect of the index from https: to http:',
    outcome: both('HTTP_INSECURE'),
    advice: ANOTHER_MIRROR,
  },
  'redirect-package': {
    title: 'a redirect of a package from https: to http:',
    outcome: both('HTTP_INSECURE'),
    advice: ANOTHER_MIRROR,
  },
  'redirect-file': {
    title: 'a redirect of a package to a file of this machine',
    outcome: both('HTTP_REDIRECT'),
    advice: ANOTHER_MIRROR,
  },
  'host-name': {
    title: 'a certificate of another host',
    outcome: both('HTTP_WRONG_HOST'),
    advice: WRONG_SERVER,
  },
  'certificate-authority': {
    title: 'a certificate of an authority that nobody trusts',
    outcome: both('HTTP_UNTRUSTED'),
    advice: WRONG_SERVER,
  },
  'tls-1.1': {
    title: 'a server that speaks no newer TLS than 1.1',
    outcome: both('HTTP_TLS_TOO_OLD'),
    advice: ANOTHER_MIRROR,
  },
} as const satisfies Readonly<Record<string, Attack>>;

export type AttackName = keyof typeof ATTACKS;
