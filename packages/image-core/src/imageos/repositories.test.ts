import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ImageConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { makeSystem, makeTree } from './image-fixture.test.helper.js';
import { configureRepositories, debFiles, rpmFiles } from './repositories.js';

type Repository = ImageConfig['repositories'][number];

const REPOSITORY: Repository = {
  name: 'stable',
  url: 'https://packages.example.com/apt',
  suites: ['stable'],
  components: ['main', 'contrib'],
  keySources: [],
  fingerprints: ['1F89983E0081FDE018F3CC9673A4F27B8DD47936'],
  trusted: false,
  signedIndex: true,
  priority: 500,
  keepInImage: true,
};
const KEYS = '-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nxjMEAAAA\n-----END PGP PUBLIC KEY BLOCK-----\n';

describe('configureRepositories', () => {
  it.each([
    ['deb', ['etc/apt/keyrings/stable.asc', 'etc/apt/sources.list.d/stable.sources']],
    ['rpm', ['etc/pki/rpm-gpg/RPM-GPG-KEY-stable', 'etc/yum.repos.d/stable.repo']],
  ] as const)(
    'leaves a %s repository with its key, and those alone that are to stay',
    async (family, files) => {
      const { image, rootfs } = makeSystem({ family });
      const others = [{ ...REPOSITORY, name: 'other', keepInImage: undefined }];
      const config = { ...image.config, repositories: [REPOSITORY, ...others] };
      await configureRepositories({ ...image, config, repositoryKeys: { stable: KEYS } });
      const written = readdirSync(rootfs, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath, entry.name).slice(rootfs.length + 1));
      expect(written.sort()).toEqual(files);
      expect(readFileSync(join(rootfs, files[0]), 'utf8')).toBe(KEYS);
    },
  );
});

describe('debFiles', () => {
  const source = (repository: Repository) => debFiles(repository, KEYS)[1];

  it('writes deb822 with the keyring of this repository alone', () => {
    expect(source(REPOSITORY)).toEqual({
      path: '/etc/apt/sources.list.d/stable.sources',
      text: `Types: deb
URIs: https://packages.example.com/apt
Suites: stable
Components: main contrib
Signed-By: /etc/apt/keyrings/stable.asc
`,
    });
  });

  it('names the place of the template, not the mirror of the build', () => {
    const moved = {
      ...REPOSITORY,
      url: 'https://127.0.0.1:1/mirror',
      stated: { url: 'https://stated.example' },
    };
    expect(source(moved)?.text).toContain('URIs: https://stated.example\n');
  });

  it('has no components for a folder without a dists tree, and a name that apt reads', () => {
    const flat = { ...REPOSITORY, name: 'a~b', suites: ['./'] };
    expect(source(flat)?.path).toBe('/etc/apt/sources.list.d/a_b.sources');
    expect(source(flat)?.text).not.toContain('Components');
  });

  it.skipIf(!existsSync('/usr/bin/apt-get'))('is what apt reads', () => {
    const root = makeTree({ 'var/lib/dpkg/status': '', 'etc/apt/apt.conf.d': null });
    for (const { path, text } of debFiles(REPOSITORY, KEYS)) {
      mkdirSync(join(root, path, '..'), { recursive: true });
      writeFileSync(join(root, path), text);
    }
    const options = [`Dir=${root}`, `Dir::State::status=${root}/var/lib/dpkg/status`];
    const args = [...options.flatMap((one) => ['-o', one]), 'update', '--print-uris'];
    const { stdout, stderr } = spawnSync('apt-get', args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    for (const path of ['InRelease', 'main/binary-', 'contrib/binary-'])
      expect(stdout).toContain(`'https://packages.example.com/apt/dists/stable/${path}`);
  });
});

describe('rpmFiles', () => {
  const source = (repository: Repository) => rpmFiles(repository, KEYS)[1];

  it('writes a .repo file that checks packages and index', () => {
    expect(source(REPOSITORY)).toEqual({
      path: '/etc/yum.repos.d/stable.repo',
      text: `[stable]
name=stable
baseurl=https://packages.example.com/apt
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-stable
`,
    });
  });

  it.each(['mirrorlist', 'metalink'] as const)(
    'writes a %s as such, also where a build took a mirror',
    (kind) => {
      const mirrorSource = { kind, url: 'https://mirrors.example.com/list' };
      const stated = { url: '', mirrorSource };
      for (const repository of [
        { ...REPOSITORY, url: '', mirrorSource },
        { ...REPOSITORY, stated },
      ])
        expect(source(repository)?.text).toContain(`\n${kind}=https://mirrors.example.com/list\n`);
    },
  );
});
