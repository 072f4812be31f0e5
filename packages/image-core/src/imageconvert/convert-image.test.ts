import { spawnSync } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decompressSync, exec, sha256, sha256File } from '@ic/utils';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { DiskPlan } from '../imagedisk/disk-plan.js';
import { type ConvertOptions, convertImage } from './convert-image.js';

const KIB = 1024;
const MIB = 1024 * KIB;
const hasQemu = spawnSync('which', ['qemu-img']).status === 0;
/** What qemu-img calls a format, and whether it can check it. */
const FORMATS = [
  { type: 'qcow2', driver: 'qcow2', checks: true },
  { type: 'vhd', driver: 'vpc', checks: false },
  { type: 'vhdx', driver: 'vhdx', checks: true },
  { type: 'vmdk', driver: 'vmdk', checks: true },
  { type: 'vdi', driver: 'vdi', checks: true },
] as const;

interface Layout {
  readonly size: number;
  /** Bytes of data, at offsets below the size. */
  readonly pieces: readonly { readonly at: number; readonly length: number }[];
}

// Programs are started by the dozen.
vi.setConfig({ testTimeout: 60_000 });

let scratch = '';
beforeAll(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'ic-convert-'));
});
afterAll(() => rm(scratch, { recursive: true, force: true }));

/** Never zero. */
function firstByte(at: number): number {
  return 1 + (at % 251);
}

async function makeDisk({ size, pieces }: Layout): Promise<ConvertOptions> {
  const folder = await mkdtemp(join(scratch, 'disk-'));
  const image = join(folder, 'edge-1.0.raw');
  const file = await open(image, 'wx');
  for (const { at, length } of pieces) {
    const bytes = Buffer.alloc(Math.min(length, size - at));
    for (let index = 0; index < bytes.length; index += 1) bytes[index] = firstByte(at + index * 7);
    await file.write(bytes, 0, bytes.length, at);
  }
  await file.truncate(size);
  await file.close();
  const plan: DiskPlan = {
    table: 'gpt',
    size,
    sectorSize: 512,
    diskId: '01234567-89ab-8def-8123-456789abcdef',
    partitions: [],
  };
  return {
    image,
    plan,
    artifacts: [{ type: 'raw' }, ...FORMATS.map(({ type }) => ({ type }))],
    epoch: 1_700_000_000,
    signal: new AbortController().signal,
  };
}

const layouts = fc.integer({ min: 1, max: (12 * MIB) / 512 }).chain((sectors) =>
  fc.record({
    size: fc.constant(512 * sectors),
    pieces: fc.array(
      fc.record({
        at: fc.integer({ min: 0, max: 512 * sectors - 1 }),
        length: fc.oneof(fc.integer({ min: 1, max: 5000 }), fc.integer({ min: 1, max: 3 * MIB })),
      }),
      { maxLength: 8 },
    ),
  }),
);

/** The same bytes, zeros behind the end of the shorter one allowed, and nothing wrong inside. */
async function expectSame(options: ConvertOptions): Promise<void> {
  for (const { type, driver, checks } of FORMATS) {
    const path = options.image.replace(/raw$/, type);
    if (checks) await exec('qemu-img', ['check', '-f', driver, path]);
    await exec('qemu-img', ['compare', '-f', 'raw', '-F', driver, options.image, path]);
  }
}

describe('convertImage', () => {
  it.skipIf(!hasQemu).each<[string, Layout]>([
    ['an empty disk', { size: 3 * MIB, pieces: [] }],
    ['one sector', { size: 512, pieces: [{ at: 0, length: 512 }] }],
    ['a full disk', { size: 5 * MIB, pieces: [{ at: 0, length: 5 * MIB }] }],
    ['not whole clusters', { size: 3 * MIB + 7 * 512, pieces: [{ at: 3 * MIB - 5, length: 100 }] }],
  ])('writes formats that qemu-img finds right: %s', async (_, layout) => {
    const options = await makeDisk(layout);
    await convertImage(options);
    await expectSame(options);
  });

  it.skipIf(!hasQemu)('writes more than one table of each kind', async () => {
    const pieces = [1, 600, 4095, 4096, 4199].map((at) => ({ at: at * MIB + 70_000, length: 1 }));
    const options = await makeDisk({ size: 4200 * MIB, pieces });
    // Not those whose every byte is hashed.
    const formats = FORMATS.filter(({ type }) => type !== 'vhd');
    await convertImage({ ...options, artifacts: formats.map(({ type }) => ({ type })) });
    for (const { type, driver } of formats) {
      const path = options.image.replace(/raw$/, type);
      await exec('qemu-img', ['check', '-f', driver, path]);
      // To compare would be to read the whole of a VHDX.
      const reads = pieces.flatMap(({ at }) => [
        ...['-c', `read -P ${firstByte(at)} ${at} 1`],
        ...['-c', `read -P 0 ${at + 1} 65536`],
      ]);
      const { stdout } = await exec('qemu-io', ['-r', '-f', driver, ...reads, path]);
      expect(stdout).not.toContain('failed');
    }
  });

  it.skipIf(!hasQemu)('writes any disk', () =>
    fc.assert(
      fc.asyncProperty(layouts, async (layout) => {
        const options = await makeDisk(layout);
        await convertImage(options);
        await expectSame(options);
        await rm(join(options.image, '..'), { recursive: true });
      }),
      { numRuns: 6, seed: 6 },
    ),
  );

  it('gives the same bytes every time, in any company, and tells their hashes', async () => {
    const layout = { size: 9 * MIB + 3 * 512, pieces: [{ at: 100_000, length: 2 * MIB }] };
    const first = await convertImage(await makeDisk(layout));
    for (const { path, bytes, sha256 } of first) {
      expect([bytes, sha256]).toEqual([(await stat(path)).size, await sha256File(path)]);
    }
    for (const { format, sha256 } of first) {
      const alone = { ...(await makeDisk(layout)), artifacts: [{ type: format as 'raw' }] };
      expect(await convertImage(alone)).toMatchObject([{ format, sha256 }]);
      expect(await readdir(join(alone.image, '..'))).toEqual([`edge-1.0.${format}`]);
    }
  });

  it('leaves holes as holes', async () => {
    const options = await makeDisk({ size: 128 * MIB, pieces: [{ at: 50 * MIB, length: 100 }] });
    for (const { path } of await convertImage(options)) {
      expect((await stat(path)).blocks * 512, path).toBeLessThan(MIB / 2);
    }
  });

  it('compresses any format', async () => {
    const layout = { size: 20 * MIB, pieces: [{ at: 100_000, length: 2 * MIB }] };
    const plain = await makeDisk(layout);
    await convertImage(plain);
    const compressions = ['gz', 'xz', 'zstd', 'bz2'] as const;
    const artifacts = (['qcow2', 'raw'] as const).flatMap((type) =>
      compressions.map((compression) => ({ type, compression })),
    );
    const made = await convertImage({ ...(await makeDisk(layout)), artifacts });
    expect(made.map(({ format }) => format)).toEqual(
      ['qcow2', 'raw'].flatMap((type) => ['gz', 'xz', 'zst', 'bz2'].map((suffix) => `${type}.${suffix}`)),
    );
    for (const { path, format } of made) {
      const bytes = decompressSync(await readFile(path), { maxBytes: 64 * MIB });
      const original = await readFile(plain.image.replace(/raw$/, format.replace(/\..*/, '')));
      expect(bytes.equals(original), format).toBe(true);
    }
    expect((await readdir(join(made[0]?.path ?? '', '..'))).sort()).toEqual(
      made.map(({ format }) => `edge-1.0.${format}`).sort(),
    );
  });

  it('makes an ova that tar opens, with a manifest that is right', async () => {
    const options = await makeDisk({ size: 9 * MIB, pieces: [{ at: 100_000, length: 2 * MIB }] });
    const plan: DiskPlan = {
      ...options.plan,
      partitions: [
        {
          ...{ id: 'esp', number: 1, name: 'esp', type: 'esp', typeGuid: '', partUuid: '' },
          ...{ start: MIB, size: MIB, fsType: 'vfat', flags: [] },
        },
      ],
    };
    const made = await convertImage({ ...options, plan, artifacts: [{ type: 'vmdk' }, { type: 'ova' }] });
    const folder = join(scratch, 'ova');
    await mkdir(folder);
    const ova = made[1]?.path ?? '';
    expect((await exec('tar', ['--list', '--file', ova])).stdout.split('\n').slice(0, -1)).toEqual([
      'edge-1.0.ovf',
      'edge-1.0.mf',
      'edge-1.0.vmdk',
    ]);
    await exec('tar', ['--extract', '--file', ova, '--directory', folder]);
    const manifest = await readFile(join(folder, 'edge-1.0.mf'), 'utf8');
    const descriptor = await readFile(join(folder, 'edge-1.0.ovf'), 'utf8');
    expect(manifest).toBe(
      `SHA256(edge-1.0.ovf)= ${sha256(descriptor)}\nSHA256(edge-1.0.vmdk)= ${made[0]?.sha256}\n`,
    );
    expect(await sha256File(join(folder, 'edge-1.0.vmdk'))).toBe(made[0]?.sha256);
    expect(descriptor).toContain(`ovf:size="${made[0]?.bytes}"`);
    expect(descriptor).toContain(`ovf:capacity="${9 * MIB}"`);
    expect(descriptor).toContain('vmw:value="efi"');
  });

  it('leaves nothing but the disk when it is cancelled or a program fails', async () => {
    const options = await makeDisk({ size: 9 * MIB, pieces: [{ at: 100_000, length: 2 * MIB }] });
    await expect(convertImage({ ...options, signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
    expect(await readdir(join(options.image, '..'))).toEqual(['edge-1.0.raw']);
    const taken = `${options.image}.zst`;
    await copyFile(options.image, taken);
    const artifacts = [{ type: 'qcow2' }, { type: 'raw', compression: 'zstd' }] as const;
    await expect(convertImage({ ...options, artifacts })).rejects.toMatchObject({ code: 'EEXIST' });
    expect((await readdir(join(options.image, '..'))).sort()).toEqual(['edge-1.0.raw', 'edge-1.0.raw.zst']);
  });
});
