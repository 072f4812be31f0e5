import type { PackageRef, Repository, RepositoryProof } from '../contract.js';
import { buildLockfile } from './build-lockfile.js';
import { type Asked, lockedRequest } from './locked-request.js';
import type { Lockfile } from './lockfile.js';

export function repository(overrides: Partial<Repository> = {}): Repository {
  return {
    name: 'debian',
    url: 'https://user:secret@deb.example/debian',
    suites: ['bookworm', 'bookworm-updates'],
    components: ['main', 'contrib'],
    keySources: ['/home/alice/key.asc'],
    fingerprints: ['B'.repeat(40), 'A'.repeat(40)],
    trusted: false,
    signedIndex: true,
    priority: 500,
    ...overrides,
  };
}

export function asked(overrides: Partial<Asked> = {}): Asked {
  return {
    target: { os: 'debian', dist: 'debian12', architecture: 'amd64', family: 'deb' },
    image: { packages: ['vim', 'linux-image-amd64=6.1*'], exclude: ['nano'], recommends: false },
    chroot: { packages: ['mtools'], exclude: [], recommends: false },
    repositories: [
      repository(),
      repository({ name: 'extra', url: 'file:///home/alice/repo', priority: 900 }),
    ],
    ...overrides,
  };
}

export function pkg(name: string, overrides: Partial<PackageRef> = {}): PackageRef {
  return {
    name,
    version: '1.0',
    architecture: 'amd64',
    repository: 'debian',
    location: `pool/${name}.deb`,
    size: 10,
    sha256: Buffer.from(name).toString('hex').padStart(64, '0').slice(-64),
    installedSize: 20,
    ...overrides,
  };
}

export const PROOFS: readonly RepositoryProof[] = [
  {
    repository: 'debian',
    suite: 'bookworm',
    indexSha256: 'c'.repeat(64),
    signedBy: 'A'.repeat(40),
    date: '2026-11-01T00:00:00.000Z',
    validUntil: '2026-11-08T00:00:00.000Z',
    chain: {
      index: 'signature',
      weakness: 'it uses the broken hash SHA-1',
      lists: ['sha256'],
      openLists: ['sha256'],
    },
  },
  { repository: 'debian', suite: 'bookworm-updates', indexSha256: 'd'.repeat(64) },
  { repository: 'extra', suite: 'stable', indexSha256: 'e'.repeat(64) },
];

export const IMAGE = [pkg('base-files'), pkg('libc6'), pkg('vim')];
export const CHROOT = [pkg('libc6'), pkg('mtools')];

export function lockfile(overrides: Partial<Asked> = {}, image = IMAGE, chroot = CHROOT): Lockfile {
  return buildLockfile({
    request: lockedRequest(asked(overrides)),
    proofs: PROOFS,
    packages: { image, chroot },
  });
}
