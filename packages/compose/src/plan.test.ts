import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { plan } from './plan.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-plan-'));
afterAll(() => rmSync(folder, { recursive: true }));
const template = join(folder, 't.yml');
writeFileSync(
  template,
  `image: { name: t, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: fat32, mountPoint: /boot/efi }
    - { id: swap, size: 100MiB, fsType: linux-swap, fsLabel: swap }
    - { id: usr, size: 700MiB, fsType: squashfs, mountPoint: /usr, mkfsOptions: [-comp, xz] }
    - { id: root, fsType: ext3, mountPoint: / }
`,
);

it('gives the disk with the ids that follow from the template', async () => {
  const disk = await plan({ template });
  expect(disk.partitions).toMatchObject([
    { number: 1, type: 'esp', fsType: 'vfat', fatBits: 32 },
    { number: 2, type: 'linux-swap', fsType: 'swap', fsLabel: 'swap', fsUuid: expect.any(String) },
    { number: 3, type: 'linux', fsType: 'squashfs', fsUuid: undefined, mkfsOptions: ['-comp', 'xz'] },
    { number: 4, type: 'linux-root-amd64', fsType: 'ext3' },
  ]);
  expect(await plan({ template })).toEqual(disk);
  const other = await plan({ template, set: ['image.version=2'] });
  expect(other.diskId).not.toBe(disk.diskId);
});

it('refuses what a build would refuse', async () => {
  await expect(plan({ template, set: ['disk.size=100MiB'] })).rejects.toMatchObject({
    code: 'PARTITION_OUTSIDE',
    fault: 'request',
  });
});

it('has nothing to say of an image without a disk', async () => {
  const image = join(folder, 'img.yml');
  writeFileSync(
    image,
    `image: { name: t, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: img }
`,
  );
  await expect(plan({ template: image })).rejects.toMatchObject({
    code: 'PARTITION_INVALID',
    message: expect.stringContaining('imageType: img has no disk'),
  });
  await expect(
    plan({ template: image, set: ['systemConfig.kernel.cmdline=quiet "open'] }),
  ).rejects.toMatchObject({ code: 'BOOT_UNSUPPORTED', fault: 'request' });
});
