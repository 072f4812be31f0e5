import { type FetchedPackage, readFetched } from '@ic/package-core';
import { createLimit } from '@ic/utils';
import { formatEvr } from '../evr.js';
import { readRpm } from '../rpmfile/rpm-file.js';
import type { Installable } from './order.js';

/** What installing needs to know of a package; its file stays where it is. */
export interface LoadedPackage extends Installable {
  /** Name, version and architecture as rpm writes them, with an epoch where there is one. */
  readonly nevra: string;
  readonly fetched: FetchedPackage;
  readonly files: readonly { readonly path: string; readonly mode: number; readonly mtime: number }[];
}

/**
 * Reads the headers of packages, `jobs` at once, their bytes checked once more against the hash they were fetched by.
 * @throws PackageError HASH_MISMATCH, PACKAGE_INVALID
 */
export function loadPackages(packages: readonly FetchedPackage[], jobs: number): Promise<LoadedPackage[]> {
  const limit = createLimit(jobs);
  return Promise.all(packages.map((fetched) => limit(() => loadPackage(fetched))));
}

async function loadPackage(fetched: FetchedPackage): Promise<LoadedPackage> {
  const rpm = readRpm(await readFetched(fetched), { subject: `${fetched.name} ${fetched.version}` });
  const { name, evr, architecture, provides, requires, order, files } = rpm;
  return {
    nevra: `${name}-${formatEvr(evr)}.${architecture}`,
    name,
    architecture,
    fetched,
    provides,
    requires,
    order,
    // No more than this, so that the bytes of the package are not kept.
    files: files.map(({ path, mode, mtime }) => ({ path, mode, mtime })),
  };
}
