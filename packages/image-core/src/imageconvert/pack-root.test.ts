import { mkdir, readdir, readFile, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import type { ToolRunner } from '@ic/toolchain';
import { decompressSync, exec, readTar, sha256, sha256File } from '@ic/utils';
import { beforeAll, describe, expect, it } from 'vitest';
import { exampleTree, has, hostTools, isRoot, temporaryFolders } from '../imagedisk/disk.test.fixture.js';
import { ociSchemas } from './oci.test.fixture.js';
import { type PackRootOptions, packRoot, type RootArtifact } from './pack-root.js';
import { writeRootTar } from './root-tar.js';

const temporary = temporaryFolders();
const EPOCH = 1_700_000_000;
const signal = new AbortController().signal;
const MOST = 64 * 1024 ** 2;
const ready = isRoot && has('bwrap', 'setcap', 'setfacl', 'mksquashfs', 'mkfs.erofs');
const mounts =
  ready &&
  (await exec('losetup', ['--find']).then(
    () => true,
    () => false,
  ));
const ALL: readonly RootArtifact[] = [
  { type: 'tar' },
  { type: 'tar', compression: 'zstd' },
  { type: 'oci' },
  { type: 'squashfs' },
  { type: 'erofs' },
];

/** A tree with what is easily lost, times before and after the epoch among it. */
async function rootTree(order?: 'forward' | 'backward', withAcls = true): Promise<string> {
  const rootfs = join(await temporary(), 'root');
  await mkdir(rootfs);
  await exampleTree(rootfs, order);
  await exec('mknod', [join(rootfs, 'opt/null'), 'c', '1', '3']);
  await exec('mknod', [join(rootfs, 'opt/disk'), 'b', '259', '70000']);
  await exec('mkfifo', [join(rootfs, 'opt/fifo')]);
  if (withAcls) {
    await exec('setfacl', ['-m', 'u:70001:r', join(rootfs, 'etc/file-2')]);
    await exec('setfacl', ['-d', '-m', 'g:5:rx', join(rootfs, 'opt/data')]);
  }
  await utimes(join(rootfs, 'etc/file-3'), 1_000_000_000, 1_000_000_000);
  return rootfs;
}

async function optionsFor(
  rootfs: string,
  artifacts: readonly RootArtifact[],
  rest: Partial<PackRootOptions> = {},
): Promise<PackRootOptions> {
  return {
    config: {
      metadata: { description: 'An example', useCases: [], keywords: [] },
      image: { name: 'edge', version: '1.0~rc1' },
      target: {
        ...{ os: 'debian', dist: 'debian12', family: 'deb', arch: 'x86_64', imageType: 'raw' },
        ...{ packageArchitecture: 'amd64', chrootPackages: [] },
      },
    },
    rootfs,
    base: join(await temporary(), 'edge-1.0~rc1'),
    artifacts,
    tools: hostTools,
    seed: 'seed',
    epoch: EPOCH,
    signal,
    ...rest,
  };
}

/** Two trees are the same when they give the same archive: it has all of them, in order. */
async function archiveHash(rootfs: string, tools = hostTools): Promise<string> {
  const to = join(await temporary(), 'again.tar');
  await writeRootTar({ rootfs, to, tools, epoch: EPOCH, signal });
  return sha256File(to);
}

/** Runs programs in a mount namespace of their own in which an erofs is mounted. */
function mountedTools(image: string, folder: string): ToolRunner {
  const script = 'mount -t erofs -o loop,ro "$1" "$2"; shift 2; exec "$@"';
  const command = ['sh', '-ec', script, 'mounted', image, folder];
  return {
    root: '/',
    run: (program, args) =>
      exec('unshare', ['--mount', '--propagation', 'private', ...command, program, ...args]),
  };
}

async function emptyFolder(): Promise<string> {
  const folder = join(await temporary(), 'unpacked');
  await mkdir(folder);
  return folder;
}

describe.skipIf(!ready)('packRoot', () => {
  let rootfs = '';
  let made: ReadonlyMap<string, { readonly path: string; readonly bytes: number; readonly sha256: string }>;
  beforeAll(async () => {
    rootfs = await rootTree();
    const artifacts = await packRoot(await optionsFor(rootfs, ALL));
    made = new Map(artifacts.map((artifact) => [artifact.format, artifact]));
  }, 60_000);
  const pathOf = (format: string) => made.get(format)?.path ?? '';

  it('makes each in the order of the template, tells its size and hash, and leaves nothing else', async () => {
    expect([...made.keys()]).toEqual(['tar', 'tar.zst', 'oci.tar', 'squashfs', 'erofs']);
    for (const { path, bytes, sha256: hash } of made.values()) {
      expect([bytes, hash]).toEqual([(await stat(path)).size, await sha256File(path)]);
    }
    const names = [...made.keys()].map((format) => `edge-1.0~rc1.${format}`);
    expect((await readdir(join(pathOf('tar'), '..'))).sort()).toEqual(names.sort());
    const plain = await readFile(pathOf('tar'));
    expect(decompressSync(await readFile(pathOf('tar.zst')), { maxBytes: MOST }).equals(plain)).toBe(true);
  });

  it('gives the same bytes for the same tree, in whatever order it was made, and in any company', async () => {
    const again = await rootTree('backward');
    for (const form of ALL) {
      const [alone] = await packRoot(await optionsFor(again, [form], { jobs: 1 }));
      expect(made.get(alone?.format ?? '')?.sha256, alone?.format).toBe(alone?.sha256);
    }
  }, 60_000);

  it('archives everything of the tree', async () => {
    const entries = new Map([...readTar(await readFile(pathOf('tar')))].map((entry) => [entry.path, entry]));
    expect([...entries.keys()]).toEqual([...entries.keys()].sort());
    expect(entries.get('etc/file-1')).toMatchObject({ uid: 100_000, gid: 70_000, mtime: EPOCH });
    expect(entries.get('etc/file-3')).toMatchObject({ mtime: 1_000_000_000 });
    expect(entries.get('usr/bin/hostname')).toMatchObject({ type: 'hardlink', linkTarget: 'etc/hostname' });
    expect(entries.get('opt/null')).toMatchObject({
      type: 'character-device',
      deviceMajor: 1,
      deviceMinor: 3,
    });
    expect(entries.get('opt/disk')).toMatchObject({
      type: 'block-device',
      deviceMajor: 259,
      deviceMinor: 70_000,
    });
    expect(entries.get('opt/fifo')).toMatchObject({ type: 'fifo' });
    expect(entries.get('usr/bin/sudo')?.mode).toBe(0o4755);
    expect([...(entries.get('usr/bin/ping')?.xattrs?.keys() ?? [])]).toEqual(['security.capability']);
    expect([...(entries.get('etc/file-2')?.xattrs?.keys() ?? [])]).toEqual(['system.posix_acl_access']);
    expect([...(entries.get('opt/data')?.xattrs?.keys() ?? [])]).toEqual(['system.posix_acl_default']);
  });

  it('gives back the same tree by GNU tar', async () => {
    const folder = await emptyFolder();
    const attributes = ['--xattrs', '--xattrs-include=*', '--numeric-owner', '--same-permissions'];
    await exec('tar', ['--extract', '--file', pathOf('tar'), ...attributes, '--directory', folder]);
    expect((await exec('getcap', ['-n', join(folder, 'usr/bin/ping')])).stdout).toContain('cap_net_raw=ep');
    expect(await archiveHash(folder)).toBe(made.get('tar')?.sha256);
  });

  it('gives back the same tree by unsquashfs, but for ACLs, which squashfs does not know', async () => {
    const folder = join(await temporary(), 'unpacked');
    await exec('unsquashfs', ['-no-progress', '-dest', folder, pathOf('squashfs')]);
    expect(await archiveHash(folder)).toBe(await archiveHash(await rootTree('forward', false)));
  });

  it.each(['gz', 'xz'] as const)('compresses a squashfs with %s', async (compression) => {
    const [{ path = '', format } = {}] = await packRoot(
      await optionsFor(rootfs, [{ type: 'squashfs', compression }]),
    );
    expect(format).toBe('squashfs');
    const { stdout } = await exec('unsquashfs', ['-stat', path]);
    expect(stdout).toMatch(compression === 'gz' ? /Compression gzip/ : /Compression xz/);
  });

  it.skipIf(!mounts)('gives back the same tree when the kernel mounts the erofs', async () => {
    const folder = await emptyFolder();
    expect(await archiveHash(folder, mountedTools(pathOf('erofs'), folder))).toBe(made.get('tar')?.sha256);
  });

  describe('as an OCI image', () => {
    let layout = '';
    beforeAll(async () => {
      layout = await emptyFolder();
      await exec('tar', ['--extract', '--file', pathOf('oci.tar'), '--directory', layout]);
    });
    const json = async (path: string) => JSON.parse(await readFile(join(layout, path), 'utf8'));
    const blob = ({ digest }: { digest: string }) => `blobs/${digest.replace(':', '/')}`;

    it('has only blobs that are named by their hashes, and the layer is the archive', async () => {
      const names = await readdir(join(layout, 'blobs/sha256'));
      expect(names).toHaveLength(3);
      for (const name of names) expect(await sha256File(join(layout, 'blobs/sha256', name))).toBe(name);
      const index = await json('index.json');
      const manifest = await json(blob(index.manifests[0]));
      const config = await json(blob(manifest.config));
      const layer = decompressSync(await readFile(join(layout, blob(manifest.layers[0]))), {
        maxBytes: MOST,
      });
      expect(config.rootfs.diff_ids).toEqual([`sha256:${sha256(layer)}`]);
      expect(sha256(layer)).toBe(made.get('tar')?.sha256);
      expect(config).toMatchObject({ architecture: 'amd64', os: 'linux', created: '2023-11-14T22:13:20Z' });
      expect(index.manifests[0].annotations).toEqual({ 'org.opencontainers.image.ref.name': '1.0-rc1' });
    });

    it.skipIf(ociSchemas === undefined)('fits the schemas of the specification', async () => {
      const index = await json('index.json');
      const manifest = await json(blob(index.manifests[0]));
      for (const [name, document] of [
        ['image-layout-schema.json', await json('oci-layout')],
        ['image-index-schema.json', index],
        ['image-manifest-schema.json', manifest],
        ['config-schema.json', await json(blob(manifest.config))],
      ] as const) {
        expect(ociSchemas?.(name, document), name).toEqual([]);
        expect(ociSchemas?.(name, {}), name).not.toEqual([]);
      }
    });

    it.skipIf(!has('skopeo'))('is what skopeo reads, as an archive and as a folder', async () => {
      for (const name of [`oci-archive:${pathOf('oci.tar')}`, `oci:${layout}:1.0-rc1`]) {
        const { stdout } = await exec('skopeo', ['inspect', name]);
        expect(JSON.parse(stdout)).toMatchObject({ Architecture: 'amd64', Created: '2023-11-14T22:13:20Z' });
      }
    });

    it.skipIf(!has('umoci'))('unpacks to the same tree by umoci', async () => {
      const bundle = join(await temporary(), 'bundle');
      await exec('umoci', ['unpack', '--image', `${layout}:1.0-rc1`, bundle]);
      expect(await archiveHash(join(bundle, 'rootfs'))).toBe(made.get('tar')?.sha256);
    });
  });

  it.skipIf(!has('skopeo'))('can have its layer compressed with zstd', async () => {
    const [{ path = '' } = {}] = await packRoot(
      await optionsFor(rootfs, [{ type: 'oci', compression: 'zstd' }]),
    );
    const { stdout } = await exec('skopeo', ['inspect', '--raw', `oci-archive:${path}`]);
    const { layers } = JSON.parse(stdout) as { layers: unknown[] };
    expect(layers).toMatchObject([{ mediaType: 'application/vnd.oci.image.layer.v1.tar+zstd' }]);
  });

  it('IMAGE_FAILED when a program of the target fails, with what it said', async () => {
    const broken: ToolRunner = { root: '/', run: () => exec('sh', ['-c', 'echo out of order >&2; exit 2']) };
    for (const type of ['tar', 'squashfs', 'erofs'] as const) {
      const under = packRoot(await optionsFor(rootfs, [{ type }], { tools: broken }));
      await expect(under).rejects.toMatchObject({
        code: 'IMAGE_FAILED',
        message: expect.stringMatching(
          `the ${type} of the root file system could not be made: .*\n?out of order`,
        ),
      });
    }
  });

  it('CANCELLED when it is told to stop', async () => {
    const stopped = await optionsFor(rootfs, ALL, { signal: AbortSignal.abort() });
    await expect(packRoot(stopped)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
