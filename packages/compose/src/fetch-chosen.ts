import type { FetchedPackage, PackageRef, Provider } from '@ic/package-core';
import { type Context, stage } from '@ic/utils';
import type { Chosen } from './chosen.js';

/** Fetches and verifies image and tools together; packages that both need come once. */
export async function fetchChosen(
  provider: Provider,
  { packages, tools, repositories }: Chosen,
  context: Context,
): Promise<Record<'packages' | 'tools', FetchedPackage[]>> {
  const all = new Map([...packages, ...tools].map((pkg) => [pkg.sha256, pkg]));
  const fetched = await stage(context, 'fetch', () =>
    provider.fetch([...all.values()], repositories, context),
  );
  await stage(context, 'verify', () => provider.verify(fetched, repositories, context));
  const byHash = new Map(fetched.map((pkg) => [pkg.sha256, pkg]));
  const pick = (wanted: readonly PackageRef[]) => wanted.flatMap((pkg) => byHash.get(pkg.sha256) ?? []);
  return { packages: pick(packages), tools: pick(tools) };
}
