import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configureBootSettings } from './boot-settings.js';
import { makeSystem } from './image-fixture.test.helper.js';

describe('configureBootSettings', () => {
  it('writes the parameters of sysctl and the lines of tmpfiles', async () => {
    const sysctl = { 'net.ipv4.ip_forward': '1', 'net.ipv4.tcp_rmem': '4096 87380 6291456' };
    const tmpfiles = ['d /run/gateway 0750 root root -', 'L /opt/link - - - - /usr'];
    const { image, rootfs } = makeSystem({ system: { sysctl, tmpfiles } });
    await configureBootSettings(image);
    expect(readFileSync(join(rootfs, 'etc/sysctl.d/99-z-image-composer.conf'), 'utf8')).toBe(
      'net.ipv4.ip_forward = 1\nnet.ipv4.tcp_rmem = 4096 87380 6291456\n',
    );
    expect(readFileSync(join(rootfs, 'etc/tmpfiles.d/image-composer.conf'), 'utf8')).toBe(
      'd /run/gateway 0750 root root -\nL /opt/link - - - - /usr\n',
    );
  });

  it('writes nothing for nothing', async () => {
    const { image, rootfs } = makeSystem();
    await configureBootSettings(image);
    expect(readdirSync(rootfs)).toEqual([]);
  });
});
