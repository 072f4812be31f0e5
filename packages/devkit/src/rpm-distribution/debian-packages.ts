import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type FetchedPackage, openPackageCache, type PackageRef } from '@ic/package-core';
import { createDebProvider } from '@ic/package-deb';
import { loadConfig } from '@ic/toolchain';
import { createFetcher, defaultContext } from '@ic/utils';
import type { Composer } from '../composer.js';

/** Debian 13 packages with all that they need, from the loopback mirror; `fetch` brings their files. */
export async function withDebianPackages(
  roots: readonly string[],
  composer: Composer,
  work: (chosen: readonly PackageRef[], fetch: () => Promise<FetchedPackage[]>) => Promise<void>,
): Promise<void> {
  const { mirror, cacheDir } = composer;
  const { config } = await loadConfig({
    template: fileURLToPath(new URL('../../../../examples/debian-13/minimal-raw.yml', import.meta.url)),
    mirrors: Object.fromEntries(['debian', 'debian-security'].map((name) => [name, mirror.url(name)])),
  });
  const context = defaultContext();
  const fetcher = createFetcher({ ca: await readFile(mirror.certificates.caFile, 'utf8') });
  try {
    const provider = createDebProvider({
      fetcher,
      cache: openPackageCache(join(cacheDir, 'packages'), context.clock),
      cacheDir,
      architecture: 'amd64',
      offline: false,
      jobs: 4,
    });
    const index = await provider.metadata(config.repositories, context);
    const { packages } = await provider.resolve(index, {
      packages: roots,
      exclude: [],
      recommends: false,
      base: 'none',
    });
    await work(packages, () => provider.fetch(packages, config.repositories, context));
  } finally {
    fetcher.close();
  }
}
