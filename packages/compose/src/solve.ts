import { cpus } from 'node:os';
import { join } from 'node:path';
import {
  openPackageCache,
  type PackageIndex,
  type PackageRef,
  type Provider,
  type Repository,
} from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import { type Context, createFetcher, type Fetcher, requireFolder, stage } from '@ic/utils';
import type { ResolveOptions } from './api.js';
import { familyOf } from './family.js';
import { imageRequest } from './requests.js';

/** The repositories of an image, read and proven, and what was chosen from them. */
export interface Solved {
  readonly provider: Provider;
  readonly index: PackageIndex;
  /** With the mirrors that are really used. */
  readonly repositories: readonly Repository[];
  /** What the image is made of, sorted by name. */
  readonly packages: readonly PackageRef[];
}

/** Parallel work when nobody says how much. */
export function defaultJobs(): number {
  return Math.max(1, cpus().length);
}

/** Runs `work` with the packages of an image solved; connections are closed afterwards. */
export async function withSolved<T>(
  config: ImageConfig,
  options: ResolveOptions & { readonly jobs?: number | undefined },
  context: Context,
  work: (solved: Solved) => Promise<T>,
): Promise<T> {
  await requireFolder(options.cacheDir, 'cache folder', 'choose another with --cache-dir');
  const fetcher = createFetcher({});
  try {
    return await work(await solve(config, options, fetcher, context));
  } finally {
    fetcher.close();
  }
}

async function solve(
  config: ImageConfig,
  options: ResolveOptions & { readonly jobs?: number | undefined },
  fetcher: Fetcher,
  context: Context,
): Promise<Solved> {
  const { cacheDir, offline = false, jobs = defaultJobs() } = options;
  const family = await familyOf(config.target);
  const provider = family.createProvider({
    fetcher,
    cache: openPackageCache(join(cacheDir, 'packages'), context.clock),
    cacheDir,
    architecture: config.target.packageArchitecture,
    offline,
    jobs,
  });
  return stage(context, 'metadata', async () => {
    const repositories = await provider.locate(config.repositories, context);
    return { repositories, index: await provider.metadata(repositories, context) };
  }).then(({ repositories, index }) =>
    stage(context, 'resolve', async () => ({
      provider,
      index,
      repositories,
      packages: (await provider.resolve(index, imageRequest(config))).packages,
    })),
  );
}
