import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configureCloudInit } from './cloud-init.js';
import { makeSystem, makeTree } from './image-fixture.test.helper.js';

describe('configureCloudInit', () => {
  it('brings the files of the template, for root alone', async () => {
    const local = makeTree({
      user: '#cloud-config\n# user\n',
      meta: 'instance-id: i\n',
      network: 'version: 2\n',
    });
    const cloudInit = {
      userData: join(local, 'user'),
      metaData: join(local, 'meta'),
      networkConfig: join(local, 'network'),
    };
    const { image, rootfs } = makeSystem({ system: { cloudInit } });
    await configureCloudInit(image);
    const seed = join(rootfs, 'var/lib/cloud/seed/nocloud');
    expect(
      ['user-data', 'meta-data', 'network-config'].map((name) => [
        readFileSync(join(seed, name), 'utf8'),
        statSync(join(seed, name)).mode & 0o777,
      ]),
    ).toEqual([
      ['#cloud-config\n# user\n', 0o600],
      ['instance-id: i\n', 0o600],
      ['version: 2\n', 0o600],
    ]);
    expect(readdirSync(rootfs)).toEqual(['var']);
  });

  it('makes what is missing, and leaves the network to the image', async () => {
    const { image, rootfs } = makeSystem({ system: { cloudInit: {} } });
    await configureCloudInit(image);
    const seed = join(rootfs, 'var/lib/cloud/seed/nocloud');
    expect(readdirSync(seed).sort()).toEqual(['meta-data', 'user-data']);
    expect(readFileSync(join(seed, 'meta-data'), 'utf8')).toBe('instance-id: test-1\nlocal-hostname: edge\n');
    expect(readFileSync(join(seed, 'user-data'), 'utf8')).toBe('#cloud-config\n');
    expect(readFileSync(join(rootfs, 'etc/cloud/cloud.cfg.d/90-image-composer.cfg'), 'utf8')).toBe(
      'network:\n  config: disabled\n',
    );
  });

  it('does nothing for nothing', async () => {
    const { image, rootfs } = makeSystem();
    await configureCloudInit(image);
    expect(readdirSync(rootfs)).toEqual([]);
  });
});
