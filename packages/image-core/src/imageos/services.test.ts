import { UtilsError } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { runConfigurations } from './configurations.js';
import { makeSystem, type Tree } from './image-fixture.test.helper.js';
import { configureServices } from './services.js';

const TREE: Tree = {
  'usr/lib/systemd/system/ssh.service': '',
  'usr/lib/systemd/system/getty@.service': '',
  'usr/lib/systemd/system/fstrim.timer': '',
  'usr/lib/systemd/system/ssh.service.d': null,
  'lib/systemd/system/old.service': '',
  'etc/systemd/system/own.service': '',
  'etc/systemd/system/alias.service': '-> /usr/lib/systemd/system/ssh.service',
  'etc/init.d/legacy': '',
};
const NONE = { enable: [], disable: [], mask: [] };

describe('configureServices', () => {
  it('calls systemctl once for each verb, offline', async () => {
    const services = {
      enable: ['getty@ttyS1', 'ssh', 'ssh.service'],
      disable: ['fstrim.timer'],
      mask: ['tmp.mount'],
    };
    const { image, calls } = makeSystem({ tree: TREE, system: { services } });
    await configureServices(image, ['own.service', 'fstrim.timer']);
    expect(calls).toEqual([
      { program: 'systemctl', args: ['disable', '--', 'fstrim.timer'], env: { SYSTEMD_OFFLINE: '1' } },
      { program: 'systemctl', args: ['mask', '--', 'tmp.mount'], env: { SYSTEMD_OFFLINE: '1' } },
      {
        program: 'systemctl',
        args: ['enable', '--', 'own.service', 'getty@ttyS1.service', 'ssh.service'],
        env: { SYSTEMD_OFFLINE: '1' },
      },
    ]);
  });

  it.each(['old', 'own', 'alias', 'legacy', 'getty@tty2'])('knows %s', async (name) => {
    const { image, calls } = makeSystem({ tree: TREE, system: { services: { ...NONE, enable: [name] } } });
    await configureServices(image, []);
    expect(calls).toHaveLength(1);
  });

  it('calls nothing for nothing', async () => {
    const { image, calls } = makeSystem();
    await configureServices(image, []);
    expect(calls).toEqual([]);
  });

  it.each([
    ['enable', 'shs', 'ssh.service'],
    ['disable', 'nginx', 'add the package'],
    ['mask', 'ssh.service.d', 'add the package'],
    ['enable', 'tmp.mount', 'add the package'],
  ] as const)('refuses to %s %s, before any call', async (verb, name, hint) => {
    const services = { ...NONE, enable: ['ssh'], [verb]: [name] };
    const { image, calls } = makeSystem({ tree: TREE, system: { services } });
    await expect(configureServices(image, [])).rejects.toMatchObject({
      code: 'SERVICE_UNKNOWN',
      fault: 'request',
      hint: expect.stringContaining(hint),
    });
    expect(calls).toEqual([]);
  });
});

describe('runConfigurations', () => {
  it('gives each command to a shell and its lines to the reader', async () => {
    const configurations = [{ cmd: 'echo "a b" | cat' }, { cmd: 'true' }];
    const { image, calls, events } = makeSystem({
      system: { configurations },
      answer: ({ args }, { onLine }) => {
        onLine?.(`ran ${args[1]}`, 'stdout');
        return '';
      },
    });
    await runConfigurations(image);
    expect(calls.map(({ program, args }) => [program, ...args])).toEqual([
      ['/bin/sh', '-c', 'echo "a b" | cat'],
      ['/bin/sh', '-c', 'true'],
    ]);
    expect(events[1]).toEqual({ type: 'output', source: 'configurations', line: 'ran true' });
  });

  it('names the command that failed and what it wrote', async () => {
    const answer = () => {
      throw new UtilsError('EXEC_FAILED', 'bwrap ended with status 3:\nno such thing');
    };
    const { image } = makeSystem({ system: { configurations: [{ cmd: 'frob' }] }, answer });
    await expect(runConfigurations(image)).rejects.toMatchObject({
      code: 'IMAGE_FAILED',
      message: expect.stringMatching(/"frob"[\s\S]*no such thing/),
    });
  });

  it('lets a cancellation through', async () => {
    const answer = () => {
      throw new UtilsError('CANCELLED', 'cancelled', { fault: 'cancelled' });
    };
    const { image } = makeSystem({ system: { configurations: [{ cmd: 'sleep' }] }, answer });
    await expect(runConfigurations(image)).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});
