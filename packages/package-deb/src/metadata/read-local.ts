import { readFile } from 'node:fs/promises';
import {
  type ImportedPackage,
  type ImportOptions,
  importPackages,
  nameGlob,
  type Repository,
  type RepositoryProof,
  requireArchitecture,
  requireDistinct,
  warnOfLocal,
} from '@ic/package-core';
import { sha256 } from '@ic/utils';
import type { Paragraph } from '../deb822.js';
import { readDeb } from '../debfile.js';
import type { PackagesFile } from '../packages-index.js';
import { readPackagesTable } from '../packages-table.js';

/** What its suite is called: there is none. */
const SUITE = 'local';

/**
 * The packages of a repository without an index, from what the files say of themselves. Those of other architectures
 * are passed over, unless the template names the file.
 *
 * @throws PackageError PACKAGE_INVALID; as `importPackages`
 */
export async function readLocal(
  repository: Repository,
  architecture: string,
  options: Omit<ImportOptions, 'family'>,
): Promise<{ readonly files: readonly PackagesFile[]; readonly proof: RepositoryProof }> {
  warnOfLocal(repository, options.context);
  const imported = await importPackages(repository, { ...options, family: 'deb' });
  const read: Awaited<ReturnType<typeof readControl>>[] = [];
  for (const file of imported) read.push(await readControl(file, repository));
  const architectures = [architecture, 'all'];
  for (const pkg of read) if (pkg.isNamed) requireArchitecture(pkg, repository, architectures);
  const packages = read.filter((pkg) => architectures.includes(pkg.architecture));
  requireDistinct(packages, repository);
  const text = packages.map(({ stanza }) => stanza).join('\n');
  const { name, priority, allowPackages } = repository;
  const table = readPackagesTable(Buffer.from(text), { repository: name, suite: SUITE });
  const accepts = allowPackages && nameGlob(allowPackages);
  return {
    files: [{ repository: name, suite: SUITE, priority, table, accepts }],
    proof: { repository: name, suite: SUITE, indexSha256: sha256(text) },
  };
}

async function readControl(file: ImportedPackage, repository: Repository) {
  const subject = `${file.name} of the repository "${repository.name}"`;
  const { control } = await readDeb(await readFile(file.path), { subject });
  const field = (name: string) => control.get(name) ?? '';
  return {
    ...{ name: field('Package'), version: field('Version'), architecture: field('Architecture') },
    ...{ file: file.name, isNamed: file.isNamed },
    stanza: stanzaOf(control, file),
  };
}

/** As dpkg-scanpackages writes it. */
function stanzaOf(control: Paragraph, { name, size, sha256: hash }: ImportedPackage): string {
  const own = control.fields.filter((field) => !/^(?:package|filename|size|sha256)$/i.test(field.name));
  const fields = [
    ['Package', control.get('Package') ?? ''],
    ...own.map((field) => [field.name, field.value]),
    ...[
      ['Filename', name],
      ['Size', String(size)],
      ['SHA256', hash],
    ],
  ];
  return fields.map(([key, value]) => `${key}: ${value}\n`).join('');
}
