import { writeFile } from 'node:fs/promises';
import { type Context, sha256, throwIfCancelled } from '@ic/utils';
import type { Content, PackageCache } from '../cache/package-cache.js';
import type { PackageFamily, PackageId, PackageRef, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';
import { type FoundPackage, packagesOf } from './package-sources.js';

export interface ImportOptions {
  readonly family: PackageFamily;
  /** Where the files go. */
  readonly packages: PackageCache;
  readonly cache: MetadataCache;
  readonly context: Context;
}

/** A package file without an index, in the cache now. */
export interface ImportedPackage extends Omit<FoundPackage, 'bytes'>, Content {
  /** Absolute, in the cache. */
  readonly path: string;
}

/**
 * Hashes the package files that a repository names (`packageFiles`), and takes them into the cache. In the order of the
 * repository; the same bytes come once.
 *
 * @throws PackageError REPOSITORY_UNREACHABLE, REPOSITORY_INVALID (none is there), PACKAGE_INVALID; UtilsError
 *   CANCELLED, DISK_FULL
 */
export async function importPackages(
  repository: Repository,
  { family, packages, cache, context }: ImportOptions,
): Promise<ImportedPackage[]> {
  const { signal } = context;
  const imported = new Map<string, ImportedPackage>();
  for (const source of repository.packageFiles ?? []) {
    for await (const found of packagesOf(source, { repository, family, cache, signal })) {
      throwIfCancelled(signal);
      const content = { size: found.bytes.length, sha256: sha256(found.bytes) };
      const write = async (path: string) => {
        await writeFile(path, found.bytes, { flag: 'wx', flush: true });
        return content;
      };
      const path = (await packages.find(content)) ?? (await packages.fill(content, write, signal));
      const before = imported.get(content.sha256);
      const isNamed = found.isNamed || before?.isNamed === true;
      imported.set(content.sha256, { name: before?.name ?? found.name, isNamed, path, ...content });
    }
  }
  if (imported.size > 0) return [...imported.values()];
  throw new PackageError(
    'REPOSITORY_INVALID',
    `the repository "${repository.name}" has no .${family} packages`,
    {
      fault: 'request',
      hint: 'put packages where its "path" or "packages" points, or take the repository out',
    },
  );
}

/** Says that nobody's key vouches for the files of a repository without an index. */
export function warnOfLocal({ name, trusted }: Repository, { events }: Context): void {
  if (!trusted) return;
  events({
    type: 'warning',
    code: 'REPOSITORY_LOCAL',
    message: `repository "${name}" is package files without an index: nothing but the template vouches for them`,
  });
}

/**
 * Brings the packages of repositories without an index into the cache, those that are not there already: what a lockfile
 * has was not read from them in this process.
 *
 * @throws PackageError PACKAGE_MISSING for bytes that the repository does not have any more; as `importPackages`
 */
export async function importMissing(
  wanted: readonly PackageRef[],
  repositories: readonly Repository[],
  options: ImportOptions,
): Promise<void> {
  const isMissing = async (ref: PackageRef) => (await options.packages.find(ref)) === undefined;
  for (const repository of repositories) {
    if (repository.packageFiles === undefined) continue;
    const refs = wanted.filter((ref) => ref.repository === repository.name);
    const absent = await Promise.all(refs.map(isMissing));
    if (!absent.includes(true)) continue;
    await importPackages(repository, options);
    const gone = (await Promise.all(refs.map(isMissing))).flatMap((isGone, index) =>
      isGone ? [refs[index]] : [],
    );
    const names = gone.flatMap((ref) => (ref === undefined ? [] : [`${ref.name} ${ref.version}`]));
    if (names.length === 0) continue;
    throw new PackageError(
      'PACKAGE_MISSING',
      `the repository "${repository.name}" has other files now than were chosen: ${names.join(', ')}`,
      {
        hint: 'put the files of that time back, or choose anew with "ic lock --update"',
        details: { repository: repository.name, packages: names },
      },
    );
  }
}

/** @throws PackageError PACKAGE_INVALID when two different files are the same version of a package */
export function requireDistinct(
  packages: readonly (PackageId & { readonly file: string })[],
  { name }: Pick<Repository, 'name'>,
): void {
  const files = new Map<string, string>();
  for (const pkg of packages) {
    const id = `${pkg.name} ${pkg.version} ${pkg.architecture}`;
    const other = files.get(id);
    if (other !== undefined) {
      throw new PackageError(
        'PACKAGE_INVALID',
        `the repository "${name}" has two different files of ${id}: ${other} and ${pkg.file}`,
        { fault: 'request', hint: 'remove one of them, or give it a version of its own' },
      );
    }
    files.set(id, pkg.file);
  }
}

/** A file that the template names itself must be of use. @throws PackageError PACKAGE_INVALID */
export function requireArchitecture(
  pkg: PackageId & { readonly file: string },
  { name }: Pick<Repository, 'name'>,
  architectures: readonly string[],
): void {
  if (architectures.includes(pkg.architecture)) return;
  throw new PackageError(
    'PACKAGE_INVALID',
    `${pkg.file} of the repository "${name}" is for ${pkg.architecture}, and the image takes ${architectures.join(' and ')}`,
    { fault: 'request', hint: 'name the file for the architecture of the target' },
  );
}
