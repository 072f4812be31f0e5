import {
  type Lockfile,
  lockedPackages,
  lockedProofs,
  type PackageRef,
  type Provider,
  type Repository,
  type RepositoryProof,
  warnOfTrust,
} from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import type { Context } from '@ic/utils';
import { chrootRequest } from './requests.js';
import { solve } from './solve.js';

/** The packages of a build, and where they are. */
export interface Chosen {
  /** With the mirrors that are really used. */
  readonly repositories: readonly Repository[];
  readonly proofs: readonly RepositoryProof[];
  /** What the image is made of, sorted by name. */
  readonly packages: readonly PackageRef[];
  /** What its chroot environment is made of, sorted by name. */
  readonly tools: readonly PackageRef[];
}

/** Reads the repositories and chooses. */
export async function chooseNow(config: ImageConfig, provider: Provider, context: Context): Promise<Chosen> {
  const { index, repositories, packages } = await solve(config, provider, context);
  const { packages: tools } = await provider.resolve(index, chrootRequest(config));
  return { repositories, proofs: index.proofs, packages, tools };
}

/** What a lockfile has; no index is read. */
export async function chosenBefore(
  lockfile: Lockfile,
  config: ImageConfig,
  provider: Provider,
  context: Context,
): Promise<Chosen> {
  warnOfTrust(config.repositories, context);
  return {
    repositories: await provider.locate(config.repositories, context),
    proofs: lockedProofs(lockfile),
    packages: lockedPackages(lockfile, 'image'),
    tools: lockedPackages(lockfile, 'chroot'),
  };
}
