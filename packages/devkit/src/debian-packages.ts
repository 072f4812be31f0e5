import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  type FetchedPackage,
  openPackageCache,
  type PackageRef,
  type ResolveRequest,
} from '@ic/package-core';
import { createDebProvider } from '@ic/package-deb';
import { loadConfig } from '@ic/toolchain';
import { createFetcher, defaultContext } from '@ic/utils';
import type { Composer } from './composer.js';

/** A release of Debian on the loopback mirror, read and verified by our own deb provider. */
export interface DebianPackages {
  /** What stands for the named packages and all that they need; no Recommends. */
  resolve(
    packages: readonly string[],
    base: NonNullable<ResolveRequest['base']>,
  ): Promise<readonly PackageRef[]>;
  fetch(packages: readonly PackageRef[]): Promise<readonly FetchedPackage[]>;
}

/** Opens the repositories of an example's template, such as `debian-13/minimal-raw.yml`, for as long as `work` takes. */
export async function withDebianPackages<Result>(
  example: string,
  { mirror, cacheDir }: Composer,
  work: (debian: DebianPackages) => Promise<Result>,
): Promise<Result> {
  const { config } = await loadConfig({
    template: fileURLToPath(new URL(`../../../examples/${example}`, import.meta.url)),
    mirrors: Object.fromEntries(['debian', 'debian-security'].map((name) => [name, mirror.url(name)])),
  });
  const context = defaultContext();
  const fetcher = createFetcher({ ca: await readFile(mirror.certificates.caFile, 'utf8') });
  try {
    const provider = createDebProvider({
      fetcher,
      cache: openPackageCache(join(cacheDir, 'packages'), context.clock),
      cacheDir,
      architecture: config.target.packageArchitecture,
      offline: false,
      jobs: 4,
    });
    const index = await provider.metadata(config.repositories, context);
    return await work({
      async resolve(packages, base) {
        const found = await provider.resolve(index, { packages, exclude: [], recommends: false, base });
        return found.packages;
      },
      fetch: (packages) => provider.fetch(packages, config.repositories, context),
    });
  } finally {
    fetcher.close();
  }
}
