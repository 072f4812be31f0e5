import { fetchPackages, openPackageCache, type PackageRef, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext } from '@ic/utils';

/** The paths of these packages, fetched if need be. */
export async function pathsOf(packages: PackageRef[], repositories: Repository[], folder: string) {
  const fetcher = createFetcher();
  const fetched = await fetchPackages(packages, repositories, {
    cache: openPackageCache(folder),
    fetcher,
    offline: false,
    context: defaultContext(),
  });
  fetcher.close();
  return fetched.map(({ path }) => path);
}
