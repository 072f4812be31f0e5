import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem, type Tree } from './image-fixture.test.helper.js';
import { configureKernelModules } from './kernel-modules.js';

const KERNEL: Tree = {
  'lib/modules/6.1.0/modules.dep': 'kernel/net/bridge/br_netfilter.ko:\nkernel/drivers/block/loop.ko.xz:\n',
  'lib/modules/6.1.0/modules.builtin': 'kernel/fs/ext4/ext4.ko\n',
};
const NONE = { load: [], disable: [], options: {} };

describe('configureKernelModules', () => {
  it('writes what to load, what never, and with which parameters', async () => {
    const kernelModules = {
      load: ['br-netfilter', 'ext4'],
      disable: ['usb_storage'],
      options: { loop: ' max_loop=16 max_part=1 ' },
    };
    const { image, rootfs } = makeSystem({ tree: KERNEL, system: { kernelModules } });
    await configureKernelModules(image);
    const text = (path: string) => readFileSync(join(rootfs, 'etc', path), 'utf8');
    expect(text('modules-load.d/image-composer.conf')).toBe('br-netfilter\next4\n');
    expect(text('modprobe.d/zz-image-composer.conf')).toBe(
      'blacklist usb_storage\ninstall usb_storage /bin/false\noptions loop max_loop=16 max_part=1\n',
    );
  });

  it('writes nothing for nothing, and needs no kernel', async () => {
    const { image, rootfs } = makeSystem();
    await configureKernelModules(image);
    expect(readdirSync(rootfs)).toEqual([]);
  });

  it.each([
    { ...NONE, load: ['br_netfiltr'] },
    { ...NONE, options: { br_netfiltr: 'a=1' } },
  ])('refuses a module that the kernel lacks: %j', async (kernelModules) => {
    const { image } = makeSystem({ tree: KERNEL, system: { kernelModules } });
    await expect(configureKernelModules(image)).rejects.toMatchObject({
      code: 'MODULE_UNKNOWN',
      fault: 'request',
      message: 'kernel 6.1.0 has no module "br_netfiltr"',
      hint: 'did you mean br_netfilter?',
    });
  });
});
