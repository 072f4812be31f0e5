import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeSystem } from './image-fixture.test.helper.js';
import { configureTimeServers } from './time-servers.js';

const NTP = { backend: 'systemd-networkd', ntp: ['ntp.example.com', '192.0.2.9'], interfaces: [] } as const;

describe('configureTimeServers', () => {
  it.each([
    ['etc/chrony/chrony.conf', 'usr/lib/systemd/system/chrony.service', 'chrony.service'],
    ['etc/chrony.conf', 'usr/lib/systemd/system/chronyd.service', 'chronyd.service'],
  ])('puts them in the place of those in %s', async (path, unit, wanted) => {
    const before = '# servers\npool 2.debian.pool.ntp.org iburst\nsourcedir /run/chrony-dhcp\n';
    const tree = { [path]: before, [unit]: '' };
    const { image, rootfs } = makeSystem({ tree, system: { network: NTP } });
    const expected =
      'server ntp.example.com iburst\nserver 192.0.2.9 iburst\n# servers\nsourcedir /run/chrony-dhcp\n';
    for (let run = 0; run < 2; run += 1) {
      expect(await configureTimeServers(image)).toEqual([wanted]);
      expect(readFileSync(join(rootfs, path), 'utf8')).toBe(expected);
    }
  });

  it('gives them to timesyncd without chrony', async () => {
    const { image, rootfs } = makeSystem({ system: { network: NTP } });
    expect(await configureTimeServers(image)).toEqual(['systemd-timesyncd.service']);
    const file = join(rootfs, 'etc/systemd/timesyncd.conf.d/50-image-composer.conf');
    expect(readFileSync(file, 'utf8')).toBe('[Time]\nNTP=ntp.example.com 192.0.2.9\n');
  });

  it('leaves time alone when none are given', async () => {
    expect(await configureTimeServers(makeSystem().image)).toEqual([]);
  });
});
