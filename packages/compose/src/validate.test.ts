import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { validate } from './validate.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-validate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function template(partitions: readonly string[]): string {
  const path = join(folder, 't.yml');
  const head = `image: { name: t, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
`;
  writeFileSync(path, head + partitions.map((partition) => `    - ${partition}\n`).join(''));
  return path;
}

const ESP = '{ id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }';

it('plans disk and boot', async () => {
  const path = template([ESP, '{ id: root, fsType: ext4, mountPoint: / }']);
  expect((await validate({ template: path })).config.disk.size).toBe(2 * 1024 ** 3);
});

it.each([
  ['PARTITION_OVERLAP', '7:7', ESP, '{ id: root, start: 30MiB, fsType: ext4, mountPoint: / }'],
  ['PARTITION_OUTSIDE', '6:7', ESP.replace('64MiB', '3GiB'), '{ id: root, fsType: ext4, mountPoint: / }'],
])('%s names the place of the partition', async (code, place, ...partitions) => {
  const path = template(partitions);
  await expect(validate({ template: path })).rejects.toMatchObject({
    code,
    fault: 'request',
    message: expect.stringContaining(`${path}:${place}: partition`),
    hint: expect.any(String),
  });
});

it('what is about no single partition names the place of the disk', async () => {
  const path = template(['{ id: root, fsType: ext4, mountPoint: / }']);
  await expect(validate({ template: path })).rejects.toThrow(`${path}:`);
});
