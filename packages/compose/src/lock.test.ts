import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LockChange } from '@ic/package-core';
import { IcError, sha256 } from '@ic/utils';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { compose } from './compose.js';
import { lock } from './lock.js';

const TARGET = `title: Test
family: rpm
osRelease: { id: test }
architectures: { x86_64: x86_64 }
repositories: [{ name: base, url: "file://REPO", keySources: [/nowhere], signedIndex: false }]
chrootPackages: [tool]
`;

const TEMPLATE = `image: { name: t, version: "1" }
target: { os: test-os, dist: test1, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: root, fsType: ext4, mountPoint: / }
systemConfig:
  hostname: first
  packages: [app]
`;

/** Name, version, and what it requires; `=` stands for its own version of that. */
type Plain = readonly [name: string, version: string, ...requires: string[]];

const OLD: readonly Plain[] = [
  ['app', '1', 'lib', 'shell'],
  ['lib', '1'],
  ['lib-dev', '1', '=lib'],
  ['shell', '1'],
  ['tool', '1', 'lib'],
];
const NEW: readonly Plain[] = [
  ...OLD,
  ['app', '2', 'lib', 'lib-dev'],
  ['lib', '2'],
  ['lib-dev', '2', '=lib'],
  ['shell', '2'],
];

describe('ic lock, over a repository on disk', () => {
  let folder: string;
  let template: string;
  let path: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-lock-'));
    template = join(folder, 't.yml');
    path = `${template}.lock.json`;
    await mkdir(join(folder, 'targets/test-os/test1'), { recursive: true });
    const target = TARGET.replace('REPO', join(folder, 'repo'));
    await writeFile(join(folder, 'targets/test-os/test1/target.yml'), target);
    await write(TEMPLATE);
    await publish(OLD);
  });
  afterEach(() => rm(folder, { recursive: true }));

  const write = (text: string) => writeFile(template, text);

  async function publish(packages: readonly Plain[], date = '2026-11-01'): Promise<void> {
    const repodata = join(folder, 'repo/repodata');
    const primary = `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages.length}">${packages.map(packageXml).join('')}</metadata>`;
    await mkdir(repodata, { recursive: true });
    await writeFile(join(repodata, 'primary.xml'), primary);
    const revision = Date.parse(date) / 1000;
    const data = `<data type="primary"><checksum type="sha256">${sha256(primary)}</checksum><location href="repodata/primary.xml"/><timestamp>${revision}</timestamp><size>${primary.length}</size></data>`;
    await writeFile(
      join(repodata, 'repomd.xml'),
      `<repomd xmlns="http://linux.duke.edu/metadata/repo"><revision>${revision}</revision>${data}</repomd>`,
    );
  }

  function request() {
    return { template, targetFolders: [join(folder, 'targets')] };
  }

  const cacheDir = () => join(folder, 'cache');

  async function locked(update?: 'all' | readonly string[]): Promise<string | undefined> {
    const { changes } = await lock(request(), { cacheDir: cacheDir(), update });
    return changes?.map(changeText).join(', ');
  }

  const build = () =>
    compose(request(), { cacheDir: cacheDir(), outputDir: join(folder, 'out'), locked: true });

  it('writes the lockfile beside the template, and the same bytes again', async () => {
    expect(await locked()).toBe(undefined);
    const text = await readFile(path, 'utf8');
    expect(text).not.toContain(folder);
    expect(JSON.parse(text)).toMatchObject({
      indexes: [{ repository: 'base', date: '2026-11-01T00:00:00.000Z' }],
      packages: [
        { name: 'app', roles: ['image'] },
        { name: 'lib', roles: ['chroot', 'image'] },
        { name: 'shell', roles: ['image'] },
        { name: 'tool', roles: ['chroot'] },
      ],
    });
    expect(await locked()).toBe('');
    expect(await readFile(path, 'utf8')).toBe(text);
  });

  it('writes the same packages whatever the order of metadata, the time zone and the locale', async () => {
    const texts = new Set<string>();
    const orders = fc.sample(
      fc.shuffledSubarray([...NEW], { minLength: NEW.length, maxLength: NEW.length }),
      { numRuns: 6, seed: 4 },
    );
    for (const [number, order] of orders.entries()) {
      vi.stubEnv('TZ', number % 2 === 0 ? 'Asia/Kathmandu' : 'America/St_Johns');
      vi.stubEnv('LC_ALL', number % 2 === 0 ? 'tr_TR.UTF-8' : 'C');
      await publish(order);
      await locked('all');
      // A list in another order is another file: only its hash may differ.
      texts.add((await readFile(path, 'utf8')).replace(/("suite": "",\s+"sha256": ")\w+/, '$1'));
    }
    vi.unstubAllEnvs();
    expect(texts.size).toBe(1);
  });

  it.each([
    [undefined, ''],
    ['all' as const, 'app 1>2, lib 1>2, lib-dev ->2, shell 1>-'],
    [['shell'], 'shell 1>2'],
    [['sh*', 'lib'], 'lib 1>2, shell 1>2'],
    [['app'], 'app 1>2, lib-dev ->1, shell 1>-'],
  ])('with newer packages there, an update of %j changes %j', async (update, expected) => {
    await locked();
    await publish(NEW, '2026-11-02');
    expect(await locked(update)).toBe(expected);
    expect(await readFile(path, 'utf8')).toContain('2026-11-02T00:00:00.000Z');
  });

  it('updates what is named although a locked package is in its way, which then goes along', async () => {
    await write(TEMPLATE.replace('[app]', '[lib-dev]'));
    await locked();
    await publish(NEW);
    expect(await locked(['lib'])).toBe('lib 1>2, lib-dev 1>2');
  });

  it('keeps what can stay when the template asks for more', async () => {
    await locked();
    await publish(NEW);
    await write(TEMPLATE.replace('[app]', '[app, lib-dev]'));
    expect(await locked()).toBe('lib-dev ->1');
  });

  it('lets go of a version that is gone', async () => {
    await locked();
    await publish(NEW.filter(([name, version]) => name !== 'shell' || version === '2'));
    expect(await locked()).toBe('shell 1>2');
  });

  it.each([
    ['LOCK_MISSING', ['lib'], false],
    ['PACKAGE_UNKNOWN', ['libb'], true],
  ])('an update can be %s', async (code, update, first) => {
    if (first) await locked();
    const error = await failure(locked(update));
    expect([error.code, error.fault]).toEqual([code, 'request']);
    if (first) expect(error.hint).toBe('did you mean lib?');
  });

  it('a damaged lockfile is not written over', async () => {
    await writeFile(path, '<<<<<<<');
    expect(await failure(locked())).toMatchObject({ code: 'LOCK_INVALID', fault: 'request' });
    expect(await readFile(path, 'utf8')).toBe('<<<<<<<');
  });

  it('a locked build of a template that asks for something else says what', async () => {
    expect(await failure(build())).toMatchObject({ code: 'LOCK_MISSING', fault: 'request' });
    await locked();
    await write(TEMPLATE.replace('[app]', '[app, lib-dev]').replace('first', 'second'));
    expect(await failure(build())).toMatchObject({
      code: 'LOCK_STALE',
      fault: 'request',
      details: { differences: ['image.packages: + lib-dev'] },
    });
    await writeFile(path, '{}');
    expect(await failure(build())).toMatchObject({ code: 'LOCK_INVALID', fault: 'request' });
    expect(existsSync(join(folder, 'out'))).toBe(false);
  });
});

function changeText({ name, before, after }: LockChange): string {
  return `${name} ${before?.version ?? '-'}>${after?.version ?? '-'}`
    .replaceAll('-1>', '>')
    .replace(/-1$/, '');
}

async function failure(run: Promise<unknown>): Promise<IcError> {
  const error = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof IcError) return error;
  throw error ?? new Error('it did not fail');
}

function packageXml([name, version, ...requires]: Plain): string {
  const evr = `epoch="0" ver="${version}" rel="1"`;
  const entries = requires.map((text) =>
    text.startsWith('=')
      ? `<rpm:entry name="${text.slice(1)}" flags="EQ" ${evr}/>`
      : `<rpm:entry name="${text}"/>`,
  );
  return `<package type="rpm"><name>${name}</name><arch>x86_64</arch><version ${evr}/>
<checksum type="sha256" pkgid="YES">${sha256(`${name} ${version}`)}</checksum><time file="1" build="1"/>
<size package="1" installed="1" archive="1"/><location href="Packages/${name}-${version}.rpm"/>
<format><rpm:provides><rpm:entry name="${name}" flags="EQ" ${evr}/></rpm:provides>
<rpm:requires>${entries.join('')}</rpm:requires></format></package>
`;
}
