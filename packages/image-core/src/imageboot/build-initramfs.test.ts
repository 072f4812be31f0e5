import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { writeCpio } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { has } from '../imagedisk/disk.test.fixture.js';
import { EPOCH, makeSystem, type Tree } from '../imageos/image-fixture.test.helper.js';
import { KERNEL_TREE, OLDER, RELEASE } from './boot.test.fixture.js';
import { buildInitramfs } from './build-initramfs.js';

const HOOK = 'usr/share/initramfs-tools/conf-hooks.d/zz-image-build';
const CPIO = writeCpio([{ path: 'init', mode: 0o100755, data: Buffer.from('init') }]);
const TOOLS: Tree = {
  ...KERNEL_TREE,
  'usr/sbin/mkinitramfs': '',
  'etc/initramfs-tools/modules': '# own\nmmc_block\n',
};
const DRACUT: Tree = { ...KERNEL_TREE, 'usr/bin/dracut': '' };
const ZSTD: Tree = { [`boot/config-${RELEASE}`]: 'CONFIG_RD_GZIP=y\nCONFIG_RD_ZSTD=y\n' };

/** A build over a tree whose generator writes a cpio; `hooks` are the shortcuts as the generator saw them. */
function prepare(tree: Tree, fail = false) {
  const hooks: string[] = [];
  const { image, rootfs, calls } = makeSystem({
    tree,
    answer: ({ args }) => {
      if (existsSync(join(rootfs, HOOK))) hooks.push(readFileSync(join(rootfs, HOOK), 'utf8'));
      if (fail) throw new Error('no room');
      const path = args.find((arg) => arg.startsWith('/boot/')) ?? '';
      writeFileSync(join(rootfs, path), CPIO);
      return '';
    },
  });
  const build = (extraModules: readonly string[] = [], volatileRoot = false) =>
    buildInitramfs({ ...image, extraModules, volatileRoot });
  return { build, rootfs, calls, hooks };
}

describe('buildInitramfs', () => {
  it('lets initramfs-tools lay memory over a read-only root, and refuses dracut', async () => {
    const modules = `usr/lib/modules/${RELEASE}/modules.builtin`;
    const older = `usr/lib/modules/${OLDER}/modules.builtin`;
    const builtin = { [modules]: 'kernel/fs/overlay.ko\n', [older]: 'kernel/fs/overlay.ko\n' };
    const { build, rootfs } = prepare({ ...TOOLS, ...builtin });
    await build([], true);
    const script = join(rootfs, 'etc/initramfs-tools/scripts/local-bottom/volatile-root');
    expect(statSync(script).mode & 0o777).toBe(0o755);
    expect(readFileSync(script, 'utf8')).toContain('lowerdir=$top/lower');
    expect(readFileSync(join(rootfs, 'etc/initramfs-tools/modules'), 'utf8')).toMatch(/^overlay$/m);
    await expect(prepare(DRACUT).build([], true)).rejects.toMatchObject({
      code: 'BOOT_UNSUPPORTED',
      hint: expect.stringContaining('initramfs-tools'),
    });
  });

  it.each([
    ['/dev/vda2 / f2fs rw 0 1', `kernel ${RELEASE} cannot mount /: it has no f2fs`],
    ['x / ext3\n  y  /srv  erofs ro', `kernel ${RELEASE} cannot mount /srv: it has no erofs`],
    ['#y / f2fs\nx / ext2\nz /boot/efi vfat\nnone /tmp tmpfs\na none swap', undefined],
  ])('knows which file systems the kernel lacks: %j', async (fstab, message) => {
    const folder = `usr/lib/modules/${RELEASE}`;
    const { build } = prepare({
      ...{ ...TOOLS, 'etc/fstab': fstab },
      [`${folder}/modules.builtin`]: 'kernel/fs/ext4/ext4.ko\n',
      [`${folder}/modules.dep`]: 'kernel/fs/fat/vfat.ko.xz: kernel/fs/fat/fat.ko.xz\n',
    });
    const refused = { code: 'MODULE_UNKNOWN', fault: 'request', message };
    if (message === undefined) await build();
    else await expect(build()).rejects.toMatchObject(refused);
  });

  it('makes each initramfs once with initramfs-tools, without zstd where the kernel has none', async () => {
    const { build, rootfs, calls, hooks } = prepare({
      ...TOOLS,
      'etc/fstab': '# /\nPARTUUID=1 / ext4 rw 0 1\nx /usr xfs\ny /opt btrfs\n',
    });
    expect((await build()).map(({ release }) => release)).toEqual([RELEASE, OLDER]);
    expect(calls).toEqual(
      [RELEASE, OLDER].map((release) => ({
        program: 'mkinitramfs',
        args: ['-o', `/boot/initrd.img-${release}`, release],
        env: { SOURCE_DATE_EPOCH: String(EPOCH), DRACUT_NO_MKNOD: '1' },
      })),
    );
    expect(hooks.map((text) => text.split('\n')[0])).toEqual(['FSTYPE=ext4,xfs', 'FSTYPE=ext4,xfs']);
    expect(existsSync(join(rootfs, HOOK))).toBe(false);
    expect(readFileSync(join(rootfs, `boot/initrd.img-${RELEASE}`))).toEqual(CPIO);
  });

  it.skipIf(!has('zstd')).each<[string, Tree, string[]]>([
    ['initramfs-tools', TOOLS, ['-c', 'zstd', '-o', `/boot/initrd.img-${RELEASE}`, RELEASE]],
    [
      'dracut',
      DRACUT,
      [
        ...[
          '--quiet',
          '--force',
          '--no-hostonly',
          '--no-hostonly-cmdline',
          '--reproducible',
          '--no-compress',
        ],
        ...['--kver', RELEASE, `/boot/initrd.img-${RELEASE}`],
      ],
    ],
  ])('compresses what %s leaves open', async (_title, tree, args) => {
    const { build, rootfs, calls } = prepare({ ...tree, ...ZSTD });
    await build();
    expect(calls[0]?.args).toEqual(args);
    const path = join(rootfs, `boot/initrd.img-${RELEASE}`);
    expect(execFileSync('zstd', ['-dqc', path])).toEqual(CPIO);
    expect(statSync(path).mode & 0o777).toBe(0o644);
  });

  it('adds modules to the configuration of initramfs-tools, once', async () => {
    const tree = {
      ...TOOLS,
      [`usr/lib/modules/${OLDER}/modules.dep`]: 'dm-crypt.ko:\nmmc_block.ko:\next4.ko:\n',
    };
    const { build, rootfs } = prepare({
      ...tree,
      [`usr/lib/modules/${RELEASE}/modules.builtin`]: 'a/mmc-block.ko\nb/ext4.ko\n',
    });
    await build(['dm_crypt', 'mmc-block', 'ext4']);
    await build(['dm-crypt', 'mmc-block', 'ext4']);
    expect(readFileSync(join(rootfs, 'etc/initramfs-tools/modules'), 'utf8')).toBe(
      '# own\nmmc_block\ndm_crypt\next4\n',
    );
  });

  it('adds modules to the configuration of dracut', async () => {
    const { build, rootfs } = prepare({
      ...DRACUT,
      [`usr/lib/modules/${OLDER}/modules.builtin`]: 'dm-crypt.ko\next4.ko\n',
    });
    await build(['dm-crypt', 'ext4']);
    expect(readFileSync(join(rootfs, 'etc/dracut.conf.d/50-extra-modules.conf'), 'utf8')).toBe(
      'add_drivers+=" dm-crypt ext4 "\n',
    );
  });

  it.each<[string, string[], string | undefined]>([
    ['has', ['dm-crypt?', 'ext4'], 'dm-crypt ext4'],
    ['lacks', ['usbcore?', 'dm-crypt'], 'dm-crypt'],
    ['lacks alone', ['usbcore?'], undefined],
  ])('takes a module with a question mark for one that the kernel %s', async (_title, modules, expected) => {
    const { build, rootfs } = prepare({
      ...DRACUT,
      [`usr/lib/modules/${OLDER}/modules.builtin`]: 'dm-crypt.ko\next4.ko\n',
    });
    await build(modules);
    const file = join(rootfs, 'etc/dracut.conf.d/50-extra-modules.conf');
    if (expected === undefined) expect(existsSync(file)).toBe(false);
    else expect(readFileSync(file, 'utf8')).toBe(`add_drivers+=" ${expected} "\n`);
  });

  it('adds the file system of /usr where generators leave it out', async () => {
    const { build, rootfs } = prepare({
      ...DRACUT,
      [`usr/lib/modules/${OLDER}/modules.dep`]: 'squashfs.ko:\nerofs.ko:\next4.ko:\n',
      [`usr/lib/modules/${RELEASE}/modules.builtin`]: 'a/squashfs.ko\na/ext4.ko\nb/erofs.ko\n',
      'etc/fstab': 'x / ext4 rw 0 1\ny /usr squashfs ro 0 0\nz /opt erofs ro 0 0\n',
    });
    await build();
    expect(readFileSync(join(rootfs, 'etc/dracut.conf.d/50-extra-modules.conf'), 'utf8')).toBe(
      'add_drivers+=" squashfs "\n',
    );
  });

  it('refuses a module that a kernel does not have, before anything is made', async () => {
    const { build, calls, rootfs } = prepare(TOOLS);
    await expect(build(['dm-crypd'])).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      fault: 'request',
      message: expect.stringContaining(`kernel ${RELEASE} has no module "dm-crypd"`),
      hint: expect.stringContaining('did you mean dm_crypt'),
    });
    await expect(build(['zzzzzzzzz'])).rejects.toMatchObject({
      hint: expect.stringContaining('install the package'),
    });
    expect(calls).toEqual([]);
    expect(readFileSync(join(rootfs, 'etc/initramfs-tools/modules'), 'utf8')).toBe('# own\nmmc_block\n');
  });

  it('refuses a target without a generator', async () => {
    await expect(prepare(KERNEL_TREE).build()).rejects.toMatchObject({
      code: 'BOOT_FILE_MISSING',
      fault: 'request',
      hint: expect.stringContaining('initramfs-tools or dracut'),
    });
  });

  it('leaves nothing of its own in the target when the generator fails', async () => {
    const { build, rootfs } = prepare(TOOLS, true);
    await expect(build()).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: `making the initramfs of kernel ${RELEASE} with mkinitramfs failed: no room`,
    });
    expect(existsSync(join(rootfs, HOOK))).toBe(false);
  });
});
