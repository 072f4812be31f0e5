import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { offerInitramfs } from './offer-initramfs.js';

const PLUGIN = 'etc/kernel/install.d/59-image-initramfs.install';
const RELEASE = '6.6.1-1.azl3';

/** The plugin in an image, with `/boot` moved to a folder of the test. */
async function plugin(initramfs: boolean) {
  const rootfs = makeTree(initramfs ? { [`boot/initramfs-${RELEASE}.img`]: 'initramfs' } : {});
  await offerInitramfs(rootfs);
  expect(statSync(join(rootfs, PLUGIN)).mode & 0o777).toBe(0o755);
  const program = join(makeTree(), 'plugin');
  const text = readFileSync(join(rootfs, PLUGIN), 'utf8').replace('=/boot/', `=${rootfs}/boot/`);
  writeFileSync(program, text, { mode: 0o755 });
  const area = makeTree();
  const run = (...args: string[]) =>
    spawnSync(program, args, { env: { KERNEL_INSTALL_STAGING_AREA: area }, encoding: 'utf8' });
  return { run, area };
}

const ADD = ['add', RELEASE, '/boot/efi/azurelinux', `/boot/vmlinuz-${RELEASE}`];

describe('offerInitramfs', () => {
  it('stages what was made with the kernel', async () => {
    const { run, area } = await plugin(true);
    expect(run(...ADD).status).toBe(0);
    expect(readFileSync(join(area, 'initrd'), 'utf8')).toBe('initramfs');
  });

  it.each<[string, readonly string[], readonly string[]]>([
    ['one that was named', [...ADD, '/boot/own.img'], []],
    ['one that another plugin has staged', ADD, ['initrd.img-1']],
    ['a kernel that goes', ['remove', RELEASE], []],
  ])('leaves %s alone', async (_title, args, staged) => {
    const { run, area } = await plugin(true);
    for (const name of staged) writeFileSync(join(area, name), '');
    expect(run(...args).status).toBe(0);
    expect(readdirSync(area)).toEqual(staged);
  });

  it('fails for a kernel without one: it would not start', async () => {
    const { run } = await plugin(false);
    expect(run(...ADD)).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`dracut --kver ${RELEASE}`),
    });
  });

  it('is not for Debian, whose systemd does it', async () => {
    const rootfs = makeTree({ 'var/lib/dpkg/status': '' });
    await offerInitramfs(rootfs);
    expect(existsSync(join(rootfs, PLUGIN))).toBe(false);
  });

  it('is a program of any shell', async () => {
    const rootfs = makeTree();
    await offerInitramfs(rootfs);
    expect(() => execFileSync('sh', ['-n', join(rootfs, PLUGIN)])).not.toThrow();
  });
});
