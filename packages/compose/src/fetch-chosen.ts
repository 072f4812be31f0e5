import type { FetchedPackage, PackageProof, PackageRef, Provider } from '@ic/package-core';
import { type Context, stage } from '@ic/utils';
import type { Chosen } from './chosen.js';

export interface Fetched {
  readonly packages: readonly FetchedPackage[];
  readonly tools: readonly FetchedPackage[];
  /** What vouches for them beside their indexes. */
  readonly packageProofs: readonly PackageProof[];
}

/** Fetches and verifies image and tools together; packages that both need come once. */
export async function fetchChosen(
  provider: Provider,
  { packages, tools, repositories }: Chosen,
  context: Context,
): Promise<Fetched> {
  const all = new Map([...packages, ...tools].map((pkg) => [pkg.sha256, pkg]));
  const fetched = await stage(context, 'fetch', () =>
    provider.fetch([...all.values()], repositories, context),
  );
  const packageProofs = await stage(context, 'verify', () => provider.verify(fetched, repositories, context));
  const byHash = new Map(fetched.map((pkg) => [pkg.sha256, pkg]));
  const pick = (wanted: readonly PackageRef[]) => wanted.flatMap((pkg) => byHash.get(pkg.sha256) ?? []);
  return { packages: pick(packages), tools: pick(tools), packageProofs };
}
