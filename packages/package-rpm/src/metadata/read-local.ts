import { readFile } from 'node:fs/promises';
import {
  type ImportOptions,
  importPackages,
  PackageError,
  type Repository,
  type RepositoryProof,
  requireArchitecture,
  requireDistinct,
  warnOfLocal,
} from '@ic/package-core';
import { sha256 } from '@ic/utils';
import { formatEvr } from '../evr.js';
import { readPrimary } from '../primary/read-primary.js';
import type { RepositoryMetadata } from '../repository-packages.js';
import { readRpm } from '../rpmfile/rpm-file.js';
import { type LocalPackage, localPrimary } from './local-primary.js';

/**
 * The packages of a repository without an index, from their headers. Those of other architectures are not chosen, and
 * refused where the template names the file.
 *
 * @throws PackageError PACKAGE_INVALID; as `importPackages`
 */
export async function readLocal(
  repository: Repository,
  architecture: string,
  options: Omit<ImportOptions, 'family'>,
): Promise<{ readonly metadata: RepositoryMetadata; readonly proof: RepositoryProof }> {
  warnOfLocal(repository, options.context);
  const imported = await importPackages(repository, { ...options, family: 'rpm' });
  const packages: LocalPackage[] = [];
  for (const file of imported) {
    const subject = `${file.name} of the repository "${repository.name}"`;
    packages.push({ file, rpm: readRpm(await readFile(file.path), { subject }) });
  }
  const ids = packages.map(({ file, rpm }) => ({
    ...{ name: rpm.name, version: formatEvr(rpm.evr), architecture: rpm.architecture },
    ...{ file: file.name, isNamed: file.isNamed },
  }));
  for (const id of ids) if (id.isNamed) requireArchitecture(id, repository, [architecture, 'noarch']);
  requireDistinct(ids, repository);
  const primary = Buffer.from(localPrimary(packages));
  return {
    metadata: { repository, table: tableOf(primary, repository), findOwners: async () => new Map() },
    proof: { repository: repository.name, suite: '', indexSha256: sha256(primary) },
  };
}

function tableOf(primary: Buffer, { name }: Repository) {
  try {
    return readPrimary(primary);
  } catch (cause) {
    throw new PackageError('PACKAGE_INVALID', `the headers of the packages of "${name}" cannot be indexed`, {
      cause,
    });
  }
}
