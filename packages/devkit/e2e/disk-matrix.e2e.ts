import { mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspectHost, type ManifestDisk } from '@ic/toolchain';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import type { Composer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { readDisk } from '../src/read-disk.js';
import { startLoggedIn } from '../src/virtual-machine.js';
import type { DiskRow, GeneratedRow } from './disk-row.js';
import { DISK_ROWS, LOOP_ROWS } from './disk-rows.js';
import { checkoutFile, expectWhole, REFERENCE_PACKAGES, say } from './image-checks.js';
import { IS_FULL, setStage } from './stage.js';

const rows = IS_FULL ? [...DISK_ROWS, ...LOOP_ROWS] : DISK_ROWS.filter(({ quick }) => quick === true);
const needs = await lackingPackages([
  ...REFERENCE_PACKAGES,
  ...['xfsprogs', 'btrfs-progs', 'f2fs-tools', 'erofs-utils', 'squashfs-tools'],
]);
const { loopDevices } = await inspectHost({ purposes: ['build'] });
const filesystems = await readFile('/proc/filesystems', 'utf8');

/** Why a row cannot be built here; f2fs is the one that kernels may lack and that only its own driver mounts. */
function lackedBy(row: DiskRow): string {
  if (row.loop !== true) return '';
  if (!loopDevices.usable) return ` (skipped: ${loopDevices.problem})`;
  const isF2fs = 'disk' in row && JSON.stringify(row.disk).includes('f2fs');
  return isF2fs && !/^\tf2fs$/m.test(filesystems) ? ' (skipped: this kernel has no f2fs)' : '';
}

/** The plan as `ic plan --json` has it: more than the manifest tells. */
interface Plan extends ManifestDisk {
  readonly partitions: readonly (ManifestDisk['partitions'][number] & {
    readonly type?: string;
    readonly fsLabel?: string;
    readonly fatBits?: number;
    readonly minimize?: boolean;
    readonly flags: readonly string[];
  })[];
  readonly additionalDisks?: readonly Plan[];
}

const LOADERS = {
  'systemd-boot': { bootloader: { bootType: 'efi', provider: 'systemd-boot' } },
  uki: { bootloader: { bootType: 'efi', provider: 'systemd-boot' }, uki: true },
  'grub-efi': { bootloader: { bootType: 'efi', provider: 'grub' } },
  'grub-bios': { bootloader: { bootType: 'legacy', provider: 'grub' } },
  'grub-hybrid': { bootloader: { bootType: 'hybrid', provider: 'grub' } },
} as const;

function templateOf({ loader, disk, kernel: image = 'linux-image-cloud-amd64' }: GeneratedRow): string {
  const { bootloader, ...kernel } = LOADERS[loader];
  return JSON.stringify({
    image: { name: 'matrix', version: '1' },
    target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
    disk,
    systemConfig: {
      hostname: 'matrix',
      bootloader,
      kernel: { packages: [image], cmdline: 'console=ttyS0,115200', ...kernel },
      excludePackages: ['apt', 'ca-certificates', 'iproute2', 'openssh-server', 'procps', 'sudo', 'tzdata'],
      users: [{ name: 'root', password: 'image' }],
    },
  });
}

describe.skipIf(needs !== '')(`the matrix of disks${needs}`, () => {
  const stage = setStage('matrix', needs);

  it('has at least thirty templates', () => {
    expect(DISK_ROWS.length).toBeGreaterThanOrEqual(30);
    expect(new Set(DISK_ROWS.map(({ name }) => name)).size).toBe(DISK_ROWS.length);
    expect(DISK_ROWS.filter(({ boot }) => boot !== undefined).length).toBeGreaterThanOrEqual(10);
  });

  describe.each(rows)('$name', (row) => {
    const skipped = lackedBy(row);
    let output = '';
    let built: BuiltImage;
    let plan: Plan;
    beforeAll(async () => {
      if (skipped !== '') return;
      output = await mkdtemp(join(stage.folder, 'row-'));
      const template = 'example' in row ? checkoutFile(row.example) : join(output, 'template.yml');
      if (!('example' in row)) await writeFile(template, templateOf(row));
      plan = await planOf(stage.composer, template);
      built = await buildOne(stage.composer, { template, output, loop: row.loop === true });
    });
    afterAll(() => rm(output, { recursive: true, force: true }));

    it.skipIf(skipped !== '')(`is the disk of its plan, to every reference program${skipped}`, async () => {
      for (const [image, disk] of imagesOf(built.image, plan)) await expectPlan(image, disk);
      const images = (await readdir(output)).filter((name) => name.endsWith('.raw'));
      expect(images).toHaveLength(1 + (plan.additionalDisks?.length ?? 0));
    });

    const { boot } = row;
    if (boot === undefined) return;
    it.skipIf(skipped !== '' || !IS_FULL)(`starts by ${boot.firmware} and comes up whole`, async () => {
      if (boot.enlarged !== undefined) await truncate(built.image, plan.size + boot.enlarged);
      const moreImages = imagesOf(built.image, plan)
        .map(([image]) => image)
        .slice(1);
      const options = { image: built.image, moreImages, firmware: boot.firmware };
      const machine = await startLoggedIn(options, (one) => one.logIn('root', 'image'));
      try {
        await expectWhole(machine);
        for (const [command, expected] of Object.entries(boot.says ?? {})) {
          const said = await say(machine, command);
          if (typeof expected === 'string') expect(said).toBe(expected);
          else expect(said).toMatch(expected);
        }
      } finally {
        await machine.close();
      }
    });
  });
});

async function planOf(composer: Composer, template: string): Promise<Plan> {
  const { status, stdout, stderr } = await composer.ic(['plan', template, '--json']);
  if (status !== 0) throw new Error(stderr);
  const line = stdout.trim().split('\n').at(-1) ?? '';
  return (JSON.parse(line) as { value: Plan }).value;
}

async function buildOne(
  composer: Composer,
  { template, output, loop }: { readonly template: string; readonly output: string; readonly loop: boolean },
): Promise<BuiltImage> {
  return buildImage(composer, template, output, { args: loop ? ['--assembly', 'loop'] : [] });
}

/** Each disk's image with its part of the plan. */
function imagesOf(image: string, plan: Plan): readonly (readonly [string, Plan])[] {
  const more = (plan.additionalDisks ?? []).map(
    (disk) => [image.replace(/\.raw$/, `-${disk.name}.raw`), disk] as const,
  );
  return [[image, plan], ...more];
}

/** That sfdisk, blkid and the check of each file system find what is planned. */
async function expectPlan(image: string, plan: Plan): Promise<void> {
  const { disk, complaints } = await readDisk(image);
  expect(complaints).toEqual([]);
  const shrinks = plan.partitions.some(({ minimize }) => minimize === true);
  expect(disk).toMatchObject({
    table: plan.table,
    diskId: plan.diskId,
    ...(shrinks ? {} : { size: plan.size }),
  });
  for (const [index, planned] of plan.partitions.entries()) {
    const { number, name, typeGuid, partUuid, start, size, fsType, fsUuid } = planned;
    const table = plan.table === 'gpt' ? { name, typeGuid } : { typeGuid: mbrType(planned) };
    const place = shrinks ? {} : { start, size };
    expect(disk.partitions[index]).toEqual(
      expect.objectContaining({ number, partUuid, fsType, ...table, ...place, ...(fsUuid && { fsUuid }) }),
    );
  }
  await expectLabelsAndFlags(image, plan, disk.partitions);
}

const MBR_TYPES: Readonly<Record<string, string>> = { esp: 'ef', 'linux-swap': '82', 'linux-lvm': '8e' };
const MBR_FATS: Readonly<Record<number, string>> = { 12: '1', 16: 'e', 32: 'c' };

function mbrType({ type = '', fatBits = 0 }: Plan['partitions'][number]): string {
  return MBR_TYPES[type] ?? MBR_FATS[fatBits] ?? '83';
}

const FLAGS: Readonly<Record<string, string>> = {
  ...{ required: 'RequiredPartition', legacy_boot: 'LegacyBIOSBootable' },
  ...{ growfs: 'GUID:59', read_only: 'GUID:60', hidden: 'GUID:62', no_auto: 'GUID:63' },
};

async function expectLabelsAndFlags(
  image: string,
  plan: Plan,
  places: readonly { readonly start: number; readonly size: number }[],
): Promise<void> {
  const { stdout } = await exec('sfdisk', ['--json', image]);
  const { partitiontable } = JSON.parse(stdout) as {
    partitiontable: { partitions: { attrs?: string; bootable?: boolean }[] };
  };
  for (const [index, { flags, fsLabel }] of plan.partitions.entries()) {
    const found = partitiontable.partitions[index];
    if (plan.table === 'mbr') expect(found?.bootable ?? false).toBe(flags.includes('boot'));
    else {
      const attributes = (found?.attrs ?? '').replaceAll(/GUID:([\d,]+)/g, (_, bits: string) =>
        bits
          .split(',')
          .map((bit) => `GUID:${bit}`)
          .join(' '),
      );
      const wanted = flags.flatMap((flag) => FLAGS[flag] ?? []);
      expect(
        attributes
          .split(' ')
          .filter((one) => one !== '')
          .sort(),
      ).toEqual(wanted.sort());
    }
    if (fsLabel === undefined) continue;
    const { start = 0, size = 0 } = places[index] ?? {};
    const at = [
      '--offset',
      String(start),
      '--size',
      String(size),
      '--match-tag',
      'LABEL',
      '--output',
      'value',
    ];
    const label = await exec('blkid', ['--probe', ...at, image]);
    expect(label.stdout.trim()).toBe(fsLabel);
  }
}
