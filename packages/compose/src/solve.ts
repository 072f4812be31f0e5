import { cpus } from 'node:os';
import { join } from 'node:path';
import {
  type DependencyGraph,
  openPackageCache,
  type PackageIndex,
  type PackageRef,
  type Provider,
  type Repository,
  type RollbackPolicy,
  useCache,
  warnOfTrust,
} from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import { type Context, createFetcher, type Fetcher, requireFolder, stage } from '@ic/utils';
import type { ResolveOptions } from './api.js';
import { familyOf } from './family.js';
import { imageRequest } from './requests.js';
import { warnOfReplaced } from './warn-of-replaced.js';

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
  solveOptions: SolveOptions,
  context: Context,
  work: (provider: Provider, fetcher: Fetcher) => Promise<T>,
): Promise<T> {
  const { cacheDir, transport, offline = false, jobs = defaultJobs(), at } = solveOptions;
  await requireFolder(cacheDir, 'cache folder', 'choose another with --cache-dir');
  const use = await useCache(cacheDir, context);
  const fetcher = createFetcher(transport);
  try {
    const cache = openPackageCache(join(cacheDir, 'packages'), context.clock);
    const { packageArchitecture: architecture } = target;
    const options = { fetcher, cache, cacheDir, architecture, offline, jobs };
    const { createProvider } = await familyOf(target);
    const provider = createProvider({ ...options, rollback: rollbackPolicy(solveOptions) });
    return await work(at === undefined ? provider : judgingAt(at, provider), fetcher);
  } finally {
    fetcher.close();
    await use.release();
  }
}

/** Who names a time of the past asks for an old index. */
function rollbackPolicy({ at, allowRollback = false }: SolveOptions): RollbackPolicy {
  if (at !== undefined) return 'ignore';
  return allowRollback ? 'allow' : 'refuse';
}

/** A provider to which it is always the same time, where it judges what is valid. */
function judgingAt(at: Date, provider: Provider): Provider {
  const then = (context: Context): Context => ({ ...context, clock: { now: () => at } });
  return {
    ...provider,
    metadata: (repositories, context) => provider.metadata(repositories, then(context)),
    verify: (packages, repositories, context) => provider.verify(packages, repositories, then(context)),
  };
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
    warnOfReplaced(packages, opened, context);
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
    warnOfTrust(stated, context);
    const repositories = await provider.locate(stated, context);
    return { provider, repositories, index: await provider.metadata(repositories, context) };
  });
}
