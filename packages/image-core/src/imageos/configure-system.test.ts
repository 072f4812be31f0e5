import { existsSync, lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultContext } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { configureSystem } from './configure-system.js';
import { type Fixture, makeSystem, makeTree, OWN } from './image-fixture.test.helper.js';
import { sealSystem } from './seal-system.js';

function fixture(): Fixture {
  const local = makeTree({ 'app.service': '[Service]\nExecStart=/bin/true\n' });
  return {
    tree: {
      'usr/sbin/sshd': '',
      'usr/lib/systemd/system/systemd-networkd.service': '',
      'usr/lib/systemd/system/systemd-resolved.service': '',
      'etc/ssh/ssh_host_rsa_key': 'secret',
    },
    system: {
      network: {
        backend: 'systemd-networkd',
        ntp: [],
        interfaces: [{ name: 'e*', dhcp4: true, dhcp6: false, addresses: [], routes: [], nameservers: [] }],
      },
      services: { enable: ['app'], disable: [], mask: [] },
      additionalFiles: [
        { local: join(local, 'app.service'), final: '/etc/systemd/system/app.service', owner: OWN },
      ],
      configurations: [{ cmd: 'true' }],
    },
  };
}

/** Everything about a tree that an image would show. */
function snapshot(root: string): unknown[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' })
    .sort()
    .map((path) => {
      const { mode, uid, gid, mtimeMs, size } = lstatSync(join(root, path));
      const text = lstatSync(join(root, path)).isFile() ? readFileSync(join(root, path), 'utf8') : '';
      return { path, mode, uid, gid, mtimeMs, size: text === '' ? 0 : size, text };
    });
}

describe('configureSystem and sealSystem', () => {
  it('enable units that files of the template bring, and run its commands last', async () => {
    const { image, rootfs, calls } = makeSystem(fixture());
    await configureSystem(image);
    const units = ['systemd-networkd', 'systemd-resolved', 'ic-ssh-host-keys', 'app'].map(
      (name) => `${name}.service`,
    );
    expect(calls.map(({ program, args }) => [program, ...args])).toEqual([
      ['systemctl', 'enable', '--', ...units],
      ['/bin/sh', '-c', 'true'],
    ]);
    expect(existsSync(join(rootfs, 'etc/fstab'))).toBe(true);
  });

  it('change nothing the second time', async () => {
    const { image, rootfs } = makeSystem(fixture());
    await configureSystem(image);
    await sealSystem(image);
    const once = snapshot(rootfs);
    await configureSystem(image);
    await sealSystem(image);
    expect(snapshot(rootfs)).toEqual(once);
    expect(existsSync(join(rootfs, 'etc/ssh/ssh_host_rsa_key'))).toBe(false);
  });

  it('stop when they are told to', async () => {
    const { image, calls } = makeSystem(fixture());
    const context = defaultContext({ signal: AbortSignal.abort() });
    await expect(configureSystem({ ...image, context })).rejects.toMatchObject({ code: 'CANCELLED' });
    expect(calls).toEqual([]);
  });
});
