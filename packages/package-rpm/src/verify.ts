import { readFile } from 'node:fs/promises';
import {
  explainForeignKey,
  type FetchedPackage,
  type MetadataCache,
  PackageError,
  type PackageProof,
  type Repository,
  repositoryTrust,
  type Trust,
} from '@ic/package-core';
import { type Context, createLimit } from '@ic/utils';
import { formatEvr } from './evr.js';
import { checkDigests } from './rpmfile/digests.js';
import { type RpmFile, readRpm } from './rpmfile/rpm-file.js';
import { checkSignature } from './rpmfile/signatures.js';

export interface VerifyPackagesOptions {
  /** Where keys from the network are kept. */
  readonly cache: MetadataCache;
  /** Packages read at once. */
  readonly jobs: number;
}

/**
 * Checks of each package file, `jobs` at a time, that it is well formed; that it is the package that the index said;
 * that the digests in its headers hold; and that one of its repository's own keys has signed it, at a time when that
 * key was valid. Header and payload must both be covered. Packages of repositories marked `[trusted=yes]` need no
 * signature, and none of theirs is in what comes back.
 *
 * @throws PackageError PACKAGE_INVALID, PACKAGE_SWAPPED, MEMBER_ESCAPES, HEADER_MISMATCH, PAYLOAD_MISMATCH,
 *   PACKAGE_UNSIGNED; as `verifyDetached`; KEY_FOREIGN; KEY_UNPINNED, KEY_UNAVAILABLE as loading keys
 */
export async function verifyPackages(
  packages: readonly FetchedPackage[],
  repositories: readonly Repository[],
  options: VerifyPackagesOptions,
  context: Context,
): Promise<PackageProof[]> {
  const used = new Set(packages.map((pkg) => pkg.repository));
  const trusts = new Map<string, Trust>();
  for (const repository of repositories) {
    if (!used.has(repository.name) || repository.trusted) continue;
    const trust = await repositoryTrust(repository, options.cache, context);
    if (trust !== undefined) trusts.set(repository.name, trust);
  }
  const trusted = new Set(repositories.filter(({ trusted }) => trusted).map(({ name }) => name));
  const limit = createLimit(options.jobs);
  const proofs = await Promise.all(
    packages.map((pkg) =>
      limit(async () => {
        const subject = `package ${pkg.name} ${pkg.version} from repository "${pkg.repository}"`;
        const rpm = readRpm(await readFile(pkg.path), { subject: `the file of ${subject}` });
        checkIdentity(rpm, pkg, subject);
        await checkDigests(rpm, { signal: context.signal, subject });
        if (trusted.has(pkg.repository)) return [];
        const trust = trusts.get(pkg.repository) ?? { keys: [], fingerprints: [] };
        const when = { date: context.clock.now(), keyValidAt: 'signature' } as const;
        const verified = await checkSignature(rpm, trust, { ...when, subject }).catch(async (error) => {
          const repository = repositories.find(({ name }) => name === pkg.repository);
          const { cache } = options;
          throw repository === undefined
            ? error
            : await explainForeignKey(error, { repository, repositories, cache, context });
        });
        return [{ repository: pkg.repository, sha256: pkg.sha256, signedBy: verified.fingerprint }];
      }),
    ),
  );
  return proofs.flat();
}

/** A validly signed index that points at another package's file is refused. */
function checkIdentity(rpm: RpmFile, pkg: FetchedPackage, subject: string): void {
  for (const [field, actual, expected] of [
    ['name', rpm.name, pkg.name],
    ['version', formatEvr(rpm.evr), pkg.version],
    ['architecture', rpm.architecture, pkg.architecture],
  ] as const) {
    if (actual === expected) continue;
    throw new PackageError(
      'PACKAGE_SWAPPED',
      `the file of ${subject} holds another package than the index says: its ${field} is "${actual}", not "${expected}"`,
      {
        hint: 'the repository is inconsistent or was tampered with; use another mirror of it',
        details: { package: pkg.name, version: pkg.version, field, expected, actual },
      },
    );
  }
}
