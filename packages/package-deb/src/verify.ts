import { readFile } from 'node:fs/promises';
import { type FetchedPackage, PackageError } from '@ic/package-core';
import { type Context, createLimit } from '@ic/utils';
import { readDeb } from './debfile.js';

/**
 * Checks, `jobs` at a time, that each package file is well formed and that the name, version and architecture inside it are those of the
 * index: a validly signed index that points at another package's file is refused.
 *
 * @throws PackageError PACKAGE_INVALID, PACKAGE_SWAPPED
 */
export async function verifyPackages(
  packages: readonly FetchedPackage[],
  jobs: number,
  context: Context,
): Promise<void> {
  const limit = createLimit(jobs);
  await Promise.all(packages.map((pkg) => limit(() => verifyPackage(pkg, context))));
}

async function verifyPackage(pkg: FetchedPackage, context: Context): Promise<void> {
  const subject = `the file of package ${pkg.name} ${pkg.version} from repository "${pkg.repository}"`;
  const { control } = await readDeb(await readFile(pkg.path), { signal: context.signal, subject });
  for (const [field, expected] of [
    ['Package', pkg.name],
    ['Version', pkg.version],
    ['Architecture', pkg.architecture],
  ] as const) {
    const actual = control.get(field);
    if (actual === expected) continue;
    throw new PackageError(
      'PACKAGE_SWAPPED',
      `${subject} holds another package than the index says: its ${field} is "${actual ?? ''}", not "${expected}"`,
      {
        hint: 'the repository is inconsistent or was tampered with; use another mirror of it',
        details: { package: pkg.name, version: pkg.version, field, expected, actual: actual ?? null },
      },
    );
  }
}
