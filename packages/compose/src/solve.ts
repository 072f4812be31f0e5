import { cpus } from 'node:os';
import { join } from 'node:path';
import {
  type DependencyGraph,
  openPackageCache,
  type PackageIndex,
  type PackageRef,
  type Provider,
  type Repository,
} from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import { type Context, createFetcher, requireFolder, stage } from '@ic/utils';
import type { ResolveOptions } from './api.js';
import { familyOf } from './family.js';
import { imageRequest } from './requests.js';

/** The repositories of an image, read and proven. */
export interface Opened {
  readonly provider: Provider;
  readonly index: PackageIndex;
  /** With the mirrors that are really used. */
  readonly repositories: readonly Repository[];
}

/** And what was chosen from them. */
export interface Solved extends Opened {
  /** What the image is made of, sorted by name. */
  readonly packages: readonly PackageRef[];
  /** Who brings whom; made when it is asked for. */
  readonly graph: () => DependencyGraph;
}

export type SolveOptions = ResolveOptions & { readonly jobs?: number | undefined };

/** Parallel work when nobody says how much. */
export function defaultJobs(): number {
  return Math.max(1, cpus().length);
}

/** Runs `work` with the provider of an image's family; connections are closed afterwards. */
export async function withProvider<T>(
  { target }: Pick<ImageConfig, 'target'>,
  { cacheDir, transport, offline = false, jobs = defaultJobs() }: SolveOptions,
  context: Context,
  work: (provider: Provider) => Promise<T>,
): Promise<T> {
  await requireFolder(cacheDir, 'cache folder', 'choose another with --cache-dir');
  const fetcher = createFetcher(transport);
  try {
    const cache = openPackageCache(join(cacheDir, 'packages'), context.clock);
    const { packageArchitecture: architecture } = target;
    const options = { fetcher, cache, cacheDir, architecture, offline, jobs };
    const { createProvider } = await familyOf(target);
    return await work(createProvider(options));
  } finally {
    fetcher.close();
  }
}

/** Runs `work` with the packages of an image solved; connections are closed afterwards. */
export async function withSolved<T>(
  config: ImageConfig,
  options: SolveOptions,
  context: Context,
  work: (solved: Solved) => Promise<T>,
): Promise<T> {
  return withProvider(config, options, context, async (provider) =>
    work(await solve(config, provider, context)),
  );
}

/** Reads the repositories and chooses what the image is made of. */
export async function solve(config: ImageConfig, provider: Provider, context: Context): Promise<Solved> {
  const opened = await openRepositories(config, provider, context);
  return stage(context, 'resolve', async () => {
    const { packages, graph } = await provider.resolve(opened.index, imageRequest(config));
    return { ...opened, packages, graph };
  });
}

/** Finds the servers of the repositories and reads their indexes. */
export async function openRepositories(
  { repositories: stated }: Pick<ImageConfig, 'repositories'>,
  provider: Provider,
  context: Context,
): Promise<Opened> {
  return stage(context, 'metadata', async () => {
    const repositories = await provider.locate(stated, context);
    return { provider, repositories, index: await provider.metadata(repositories, context) };
  });
}
