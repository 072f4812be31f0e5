import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defaultContext, type IcEvent, sha256 } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { ResolveOptions } from './api.js';
import { lock } from './lock.js';
import { resolve } from './resolve.js';

const TARGET = `title: Test
family: rpm
osRelease: { id: test }
architectures: { x86_64: x86_64 }
repositories: [{ name: base, url: "file://FOLDER/base", keySources: [/nowhere], signedIndex: false }]
`;

const TEMPLATE = `image: { name: t, version: "1" }
target: { os: test-os, dist: test1, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: root, fsType: ext4, mountPoint: / }
systemConfig: { packages: [libc, tool] }
packageRepositories: [{ codename: extra, url: "file://FOLDER/extra", pkey: "[trusted=yes]", MORE }]
`;

describe('ic resolve and ic lock, over a target and a third-party repository on disk', () => {
  let folder: string;
  let events: IcEvent[];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-trust-'));
    events = [];
    await mkdir(join(folder, 'targets/test-os/test1'), { recursive: true });
    const target = TARGET.replace('FOLDER', folder);
    await writeFile(join(folder, 'targets/test-os/test1/target.yml'), target);
    await write('');
    await publish('base', { libc: '1' });
    await publish('extra', { libc: '2', tool: '1' });
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (more: string) =>
    writeFile(join(folder, 't.yml'), TEMPLATE.replace('FOLDER', folder).replace('MORE', more));

  async function publish(
    name: string,
    packages: Readonly<Record<string, string>>,
    date = '2026-10-01',
  ): Promise<void> {
    const repodata = join(folder, name, 'repodata');
    const elements = Object.entries(packages).map(
      ([pkg, version]) =>
        `<package type="rpm"><name>${pkg}</name><arch>noarch</arch><version epoch="0" ver="${version}" rel="1"/><checksum type="sha256">${sha256(`${pkg} ${version}`)}</checksum><time file="1"/><size package="1" installed="1"/><location href="${pkg}.rpm"/><format/></package>`,
    );
    const primary = `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm">${elements.join('')}</metadata>`;
    await mkdir(repodata, { recursive: true });
    await writeFile(join(repodata, 'primary.xml'), primary);
    const data = `<data type="primary"><checksum type="sha256">${sha256(primary)}</checksum><location href="repodata/primary.xml"/></data>`;
    const repomd = `<repomd><revision>${Date.parse(date) / 1000}</revision>${data}</repomd>`;
    await writeFile(join(repodata, 'repomd.xml'), repomd);
  }

  const request = () => ({ template: join(folder, 't.yml'), targetFolders: [join(folder, 'targets')] });
  const context = () => defaultContext({ events: (event) => events.push(event) });
  const warnings = () => events.flatMap((event) => (event.type === 'warning' ? event.code : []));
  async function chosen(options: Partial<ResolveOptions> = {}): Promise<string[]> {
    const result = await resolve(request(), { cacheDir: join(folder, 'cache'), ...options }, context());
    return result.packages.map(({ name, version, repository }) => `${name} ${version} ${repository}`);
  }

  it.each<[string, string, string, readonly string[]]>([
    ['equals, as with apt', '', 'libc 2-1 extra', ['PACKAGE_REPLACED']],
    ['a lower priority', 'priority: 100', 'libc 1-1 base', []],
    ['a higher priority, which says so', 'priority: 990', 'libc 2-1 extra', []],
    ['what is allowed of it', 'allowPackages: [tool]', 'libc 1-1 base', []],
  ])('a newer version of a package of the target: %s', async (_, more, libc, told) => {
    await write(more);
    expect(await chosen()).toEqual([libc, 'tool 1-1 extra']);
    expect(warnings()).toEqual(['REPOSITORY_TRUSTED', ...told]);
    events = [];
    await lock(request(), { cacheDir: join(folder, 'cache') }, context());
    expect(warnings()).toEqual(['REPOSITORY_TRUSTED', ...told]);
  });

  it('weak signatures that the target accepts are warned of, and are in the lockfile', async () => {
    const target = TARGET.replace('FOLDER', folder).replace('signedIndex', 'weakDigests: true, signedIndex');
    await writeFile(join(folder, 'targets/test-os/test1/target.yml'), target);
    const { lockfile } = await lock(request(), { cacheDir: join(folder, 'cache') }, context());
    expect(warnings()).toContain('REPOSITORY_WEAK');
    expect(lockfile.request.repositories).toMatchObject([
      { name: 'base', weakDigests: true },
      { name: 'extra', trusted: true },
    ]);
  });

  it('an older index is refused, until it is allowed', async () => {
    await chosen();
    await publish('base', { libc: '0' }, '2026-09-01');
    await expect(chosen()).rejects.toMatchObject({
      code: 'INDEX_ROLLED_BACK',
      details: { repository: 'base' },
    });
    await chosen({ allowRollback: true });
    await chosen();
  });

  it('a time in the past takes older indexes, and none that came later', async () => {
    await chosen();
    await expect(chosen({ at: new Date('2026-09-15') })).rejects.toMatchObject({
      code: 'INDEX_NOT_YET_VALID',
    });
    for (const name of ['base', 'extra']) await publish(name, { libc: '0', tool: '0' }, '2026-09-01');
    expect(await chosen({ at: new Date('2026-09-15') })).toContain('libc 0-1 base');
    await expect(chosen()).rejects.toMatchObject({ code: 'INDEX_ROLLED_BACK' });
  });
});
