import type { ResolveRequest } from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';

/** What an image asks of its repositories; a kernel version narrows every kernel package. */
export function imageRequest({ system }: Pick<ImageConfig, 'system'>): ResolveRequest {
  const { version, packages: kernels } = system.kernel;
  const pinned = kernels.map((name) =>
    // A version that the list itself pins is nearer than the prefix.
    version === undefined || name.includes('=') ? name : `${name}=${version}*`,
  );
  return {
    packages: [...system.packages, ...pinned],
    exclude: system.excludePackages,
    recommends: system.recommends,
  };
}

/** What its chroot environment asks: the target's image tools and what they need. */
export function chrootRequest({ target }: Pick<ImageConfig, 'target'>): ResolveRequest {
  return { packages: target.chrootPackages, exclude: [], recommends: false };
}
