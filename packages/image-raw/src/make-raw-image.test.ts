import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, open, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { planDisk } from '@ic/image-core';
import type { ArtifactConfig, DiskConfig, ToolRunner } from '@ic/toolchain';
import { decompressSync, defaultContext, exec, sha256File } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeRawImage, type RawImageOptions } from './make-raw-image.js';

const MIB = 1024 ** 2;
const tools: ToolRunner = {
  root: '/',
  run: (program, args, { env = {}, signal } = {}) => {
    const set = Object.entries(env).map(([name, value]) => `${name}=${value}`);
    return exec('env', [...set, program, ...args], { signal });
  },
};
const has = (program: string) => spawnSync('which', [program]).status === 0;
const compressors = { gz: 'gzip', xz: 'xz', zstd: 'zstd', bz2: 'bzip2' } as const;

let rootfs = '';
let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ic-raw-'));
  rootfs = join(scratch, 'rootfs');
  await mkdir(join(rootfs, 'etc'), { recursive: true });
  await writeFile(join(rootfs, 'etc/hostname'), 'example\n');
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

async function options(
  artifacts: readonly ArtifactConfig[],
  rest: Partial<RawImageOptions> = {},
): Promise<RawImageOptions> {
  const disk: DiskConfig = {
    name: 'example',
    size: 16 * MIB,
    partitionTableType: 'gpt',
    artifacts,
    partitions: [
      {
        id: 'root',
        name: 'root',
        typeGuid: '0fc63daf-8483-4772-8e79-3d69d8477de4',
        fsType: 'ext4',
        start: MIB,
        mountPoint: '/',
        flags: [],
      },
    ],
  };
  return {
    config: {
      metadata: { description: '', useCases: [], keywords: [] },
      image: { name: 'example', version: '1.2' },
      target: {
        ...{ os: 'debian', dist: 'debian12', family: 'deb', arch: 'x86_64', imageType: 'raw' },
        ...{ packageArchitecture: 'amd64', chrootPackages: [] },
      },
      disk,
    },
    plan: planDisk(disk, { seed: 'seed' }),
    rootfs,
    tools,
    work: await mkdtemp(join(scratch, 'work-')),
    epoch: 1_700_000_000,
    mode: 'direct',
    context: defaultContext(),
    ...rest,
  };
}

describe.skipIf(!has('mke2fs'))('makeRawImage', () => {
  it.skipIf(!Object.values(compressors).every(has))(
    'makes the raw image and its compressed forms',
    async () => {
      const forms = (['gz', 'xz', 'zstd', 'bz2'] as const).map((compression) => ({
        type: 'raw' as const,
        compression,
      }));
      const request = await options([{ type: 'raw' }, ...forms, { type: 'raw' }]);
      const made = await makeRawImage(request);
      expect(made.map(({ path, format }) => [path, format])).toEqual(
        ['raw', 'raw.gz', 'raw.xz', 'raw.zst', 'raw.bz2'].map((format) => [
          join(request.work, 'artifacts', `example-1.2.${format}`),
          format,
        ]),
      );
      const raw = await readFile(made[0]?.path ?? '');
      for (const { path, bytes, sha256 } of made) {
        expect(bytes).toBe((await stat(path)).size);
        expect(sha256).toBe(await sha256File(path));
        if (path !== made[0]?.path) {
          expect(decompressSync(await readFile(path), { maxBytes: 16 * MIB }).equals(raw)).toBe(true);
        }
      }
      expect(raw.toString('latin1', 512, 520)).toBe('EFI PART');
    },
  );

  it('removes the uncompressed image where only a compressed one was asked for', async () => {
    const request = await options([{ type: 'raw', compression: 'gz' }]);
    await makeRawImage(request);
    expect(await readdir(join(request.work, 'artifacts'))).toEqual(['example-1.2.raw.gz']);
  });

  it('makes artifacts of the root file system beside those of the disk, in the order of the template', async () => {
    const request = await options([{ type: 'tar', compression: 'gz' }, { type: 'raw' }, { type: 'oci' }]);
    const made = await makeRawImage(request);
    expect(made.map(({ format }) => format)).toEqual(['tar.gz', 'raw', 'oci.tar']);
    expect((await readdir(join(request.work, 'artifacts'))).sort()).toEqual(
      made.map(({ format }) => `example-1.2.${format}`).sort(),
    );
  });

  it('makes no disk where none is asked for', async () => {
    const writeBootCode = () => Promise.reject(new Error('there is a disk'));
    const request = await options([{ type: 'tar' }], { writeBootCode });
    expect((await makeRawImage(request)).map(({ format }) => format)).toEqual(['tar']);
    expect(await readdir(join(request.work, 'artifacts'))).toEqual(['example-1.2.tar']);
  });

  it('tells why the disk failed, not that the archive was stopped', async () => {
    const writeBootCode = () => Promise.reject(new Error('no boot code'));
    const request = await options([{ type: 'raw' }, { type: 'tar' }], { writeBootCode });
    await expect(makeRawImage(request)).rejects.toThrow('no boot code');
  });

  it('takes no more than its content on disk and a twentieth', async () => {
    const full = join(scratch, 'content');
    await mkdir(full);
    for (let index = 0; index < 96; index += 1) {
      await writeFile(join(full, `file-${index}`), Buffer.alloc(MIB - index, 'content'));
    }
    const request = await options([{ type: 'raw' }], { rootfs: full });
    const size = 4096 * MIB;
    const plan = planDisk({ ...request.config.disk, size }, { seed: 'seed' });
    const [{ path = '' } = {}] = await makeRawImage({ ...request, plan });
    const used = (await exec('du', ['--block-size=1', '--summarize', full])).stdout;
    const found = await stat(path);
    expect(found.size).toBe(size);
    expect(found.blocks * 512).toBeLessThan(1.05 * Number.parseInt(used, 10));
  }, 30_000);

  it('makes the artifacts of each disk', async () => {
    const request = await options([{ type: 'raw' }]);
    const { disk } = request.config;
    const [root] = disk.partitions;
    if (root === undefined) throw new Error('the example has a partition');
    const data = { ...root, id: 'data', mountPoint: '/etc' };
    const additionalDisks = [
      { ...disk, name: 'more', partitions: [data], artifacts: [{ type: 'qcow2' }, { type: 'raw' }] },
    ] as const;
    const config = { ...request.config, disk: { ...disk, additionalDisks } };
    const booted: string[] = [];
    const made = await makeRawImage({
      ...{ ...request, config, plan: planDisk(config.disk, { seed: 'seed' }) },
      writeBootCode: async (image) => void booted.push(basename(image)),
    });
    expect(made.map(({ path }) => basename(path))).toEqual([
      ...['example-1.2.raw', 'example-1.2-more.qcow2', 'example-1.2-more.raw'],
    ]);
    expect(booted).toEqual(['example-1.2.raw']);
    const at = `${made[2]?.path}?offset=${MIB}`;
    expect((await exec('debugfs', ['-R', 'cat hostname', at])).stdout).toBe('example\n');
  });

  it('hashes the image after the boot code is in it', async () => {
    const writeBootCode = async (image: string) => {
      const file = await open(image, 'r+');
      await file.write('boot code');
      await file.close();
    };
    const made = await makeRawImage(await options([{ type: 'raw' }], { writeBootCode }));
    const bytes = await readFile(made[0]?.path ?? '');
    expect(bytes.toString('latin1', 0, 9)).toBe('boot code');
    expect(made[0]?.sha256).toBe(await sha256File(made[0]?.path ?? ''));
  });

  it('gives the same bytes every time', async () => {
    const first = await makeRawImage(await options([{ type: 'raw' }, { type: 'raw', compression: 'gz' }]));
    const second = await makeRawImage(await options([{ type: 'raw' }, { type: 'raw', compression: 'gz' }]));
    expect(second.map(({ sha256 }) => sha256)).toEqual(first.map(({ sha256 }) => sha256));
  });

  it('works as the README shows', async () => {
    const readme = await readFile(new URL('../README.md', import.meta.url), 'utf8');
    const example = /```ts\n([^`]*)```/.exec(readme)?.[1]?.replace(/^import .*\n/gm, '');
    const { config, tools, work, context } = await options([{ type: 'raw' }]);
    const names = { config, rootfs, tools, work, context, makeRawImage, planDisk };
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    const run = new AsyncFunction(...Object.keys(names), `${example}\nreturn artifacts;`);
    expect(await run(...Object.values(names))).toMatchObject([{ format: 'raw', bytes: 16 * MIB }]);
  });

  it('passes on what the disk is refused for', async () => {
    const full = join(scratch, 'full');
    await mkdir(full, { recursive: true });
    await writeFile(join(full, 'large'), Buffer.alloc(20 * MIB, 1));
    const request = await options([{ type: 'raw' }], { rootfs: full });
    await expect(makeRawImage(request)).rejects.toMatchObject({ code: 'DISK_TOO_SMALL', fault: 'request' });
  });
});
