import type { ImageConfig } from '@ic/toolchain';
import type { ImageSystem } from './image-system.js';
import { writeText } from './root-files.js';

type Repository = ImageConfig['repositories'][number];

/** A file of the image. */
interface TextFile {
  readonly path: string;
  readonly text: string;
}

/**
 * Leaves repositories to the image's package manager, each with the keys that it is trusted with and no others.
 */
export async function configureRepositories({ rootfs, config, repositoryKeys }: ImageSystem): Promise<void> {
  const files = config.target.family === 'deb' ? debFiles : rpmFiles;
  for (const repository of config.repositories) {
    const keys = repositoryKeys[repository.name];
    if (repository.keepInImage !== true || keys === undefined) continue;
    for (const { path, text } of files(repository, keys)) await writeText(rootfs, path, text);
  }
}

/** The source of sources.list(5) in deb822 form, and its keyring. Pure. */
export function debFiles(repository: Repository, keys: string): TextFile[] {
  const name = fileName(repository);
  const keyring = `/etc/apt/keyrings/${name}.asc`;
  const { suites, components } = repository;
  // A suite that ends with a slash is a folder without components.
  const isFlat = suites.every((suite) => suite.endsWith('/'));
  const lines = [
    'Types: deb',
    `URIs: ${statedUrl(repository)}`,
    `Suites: ${suites.join(' ')}`,
    ...(isFlat ? [] : [`Components: ${components.join(' ')}`]),
    `Signed-By: ${keyring}`,
  ];
  return [
    { path: keyring, text: keys },
    { path: `/etc/apt/sources.list.d/${name}.sources`, text: `${lines.join('\n')}\n` },
  ];
}

/** The .repo file of dnf.conf(5), which tdnf and yum read too, and its key. Pure. */
export function rpmFiles(repository: Repository, keys: string): TextFile[] {
  const name = fileName(repository);
  const key = `/etc/pki/rpm-gpg/RPM-GPG-KEY-${name}`;
  const source = repository.stated === undefined ? repository.mirrorSource : repository.stated.mirrorSource;
  const place = source === undefined ? `baseurl=${statedUrl(repository)}` : `${source.kind}=${source.url}`;
  const lines = [
    `[${name}]`,
    `name=${name}`,
    place,
    'enabled=1',
    'gpgcheck=1',
    // The signature of repomd.xml, without which a build does not read the repository either.
    `repo_gpgcheck=${repository.signedIndex ? 1 : 0}`,
    `gpgkey=file://${key}`,
  ];
  return [
    { path: key, text: keys },
    { path: `/etc/yum.repos.d/${name}.repo`, text: `${lines.join('\n')}\n` },
  ];
}

/** apt passes over files with other characters in their names. */
function fileName({ name }: Repository): string {
  return name.replace(/[^A-Za-z0-9_.-]/g, '_');
}

/** Where the template says that it is, not the mirror that this build took. */
function statedUrl({ url, stated }: Repository): string {
  return stated?.url ?? url;
}
