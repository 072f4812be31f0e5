import { redactUrl, sha256 } from '@ic/utils';
import type { Repository, ResolveRequest } from '../contract.js';
import type { LockedRepository, LockedRequest, LockedTarget } from './lockfile.js';

/** What an image and its chroot environment ask for, before it is made canonical. */
export interface Asked {
  readonly target: LockedTarget;
  readonly image: ResolveRequest;
  readonly chroot: ResolveRequest;
  readonly repositories: readonly Repository[];
}

/**
 * All that the choice of packages depends on, in one form: the order of lists, repetitions, mirrors, credentials and
 * where things are on this machine do not show. Pure.
 */
export function lockedRequest({ target, image, chroot, repositories }: Asked): LockedRequest {
  const { os, dist, architecture, family } = target;
  return {
    target: { os, dist, architecture, family },
    image: canonicalRequest(image),
    chroot: canonicalRequest(chroot),
    repositories: repositories.map(lockedRepository).sort((a, b) => (a.name < b.name ? -1 : 1)),
  };
}

/** The SHA-256 of a request, in lower-case hex, whatever the order of its keys. */
export function requestHash(request: LockedRequest): string {
  return sha256(JSON.stringify(withSortedKeys(request)));
}

function canonicalRequest({ packages, exclude, recommends, base }: ResolveRequest): LockedRequest['image'] {
  return { packages: asSet(packages), exclude: asSet(exclude), recommends, base: base ?? 'essential' };
}

function lockedRepository(repository: Repository): LockedRepository {
  const { name, suites, components, fingerprints, trusted, signedIndex, priority } = repository;
  const { allowPackages, excludePackages, snapshotTime, weakDigests } = repository;
  const { url, mirrorSource } = repository.stated ?? repository;
  return {
    name,
    url: withoutSecrets(url),
    ...(mirrorSource && {
      mirrorSource: { kind: mirrorSource.kind, url: withoutSecrets(mirrorSource.url) },
    }),
    suites: asSet(suites),
    components: asSet(components),
    keys: asSet(fingerprints),
    trusted,
    signedIndex,
    ...(weakDigests === true && { weakDigests }),
    priority,
    ...(allowPackages && { allowPackages: asSet(allowPackages) }),
    ...(excludePackages && { excludePackages: asSet(excludePackages) }),
    ...(snapshotTime !== undefined && { snapshotTime }),
  };
}

function withoutSecrets(url: string): string {
  return /^file:/i.test(url) ? 'file:' : redactUrl(url);
}

function asSet(texts: readonly string[]): string[] {
  return [...new Set(texts)].sort();
}

function withSortedKeys(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withSortedKeys);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, member]) => [key, withSortedKeys(member)]));
}
