import { join } from 'node:path';
import type { HookConfig } from '@ic/toolchain';
import { defaultContext, type IcEvent, UtilsError } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { EPOCH, fakeRunner, makeTree } from './image-fixture.test.helper.js';
import { type BuildPoint, hooksReachNetwork, interpreterOf, runHooks } from './run-hooks.js';

const hook = (run: HookConfig['run'], environment = {}): HookConfig => ({ run, environment, network: false });

function setting(answer?: Parameters<typeof fakeRunner>[1]) {
  const { runner, calls } = fakeRunner('/image', answer);
  return { options: { runner, epoch: EPOCH, context: defaultContext() }, calls };
}

describe('runHooks', () => {
  it.each(['postInstall', 'preImage'] satisfies BuildPoint[])(
    'runs those of %s in their order',
    async (point) => {
      const folder = makeTree({ 'hook.sh': '#!/bin/bash -eu\ntrue\n' });
      const binds: unknown[] = [];
      const { options, calls } = setting((_, options) => {
        binds.push(options.binds);
        return '';
      });
      const script = join(folder, 'hook.sh');
      await runHooks(point, [hook({ cmd: 'echo "$SITE"' }, { SITE: 'north' }), hook({ script })], options);
      expect(calls).toEqual([
        {
          program: '/bin/sh',
          args: ['-c', 'echo "$SITE"'],
          env: { SOURCE_DATE_EPOCH: String(EPOCH), SITE: 'north' },
        },
        { program: '/bin/bash', args: ['-eu', '/run/hook'], env: { SOURCE_DATE_EPOCH: String(EPOCH) } },
      ]);
      expect(binds).toEqual([[], [{ host: script, inside: '/run/hook', readOnly: true }]]);
    },
  );

  it('shows those before the installation the root file system', async () => {
    let binds: unknown;
    const { options, calls } = setting((_, options) => {
      binds = options.binds;
      return '';
    });
    await runHooks('preInstall', [hook({ cmd: 'true' })], { ...options, rootfs: '/root-of-image' });
    expect(binds).toEqual([{ host: '/root-of-image', inside: '/run/rootfs' }]);
    expect(calls[0]?.env).toMatchObject({ BUILDROOT: '/run/rootfs' });
  });

  it('gives the network to one that asks for it, and tells so', async () => {
    const events: IcEvent[] = [];
    const networks: unknown[] = [];
    const { options } = setting((_, { network }) => {
      networks.push(network);
      return '';
    });
    const context = defaultContext({ events: (event) => events.push(event) });
    const hooks = [{ ...hook({ cmd: 'get' }), network: true }, hook({ cmd: 'true' })];
    await runHooks('preImage', hooks, { ...options, context });
    expect(networks).toEqual([true, undefined]);
    expect(events).toMatchObject([
      { code: 'HOOK_NETWORK', message: expect.stringMatching(/^the hook "get" of preImage reaches/) },
    ]);
  });

  it('names the hook that failed, and stops there', async () => {
    const { options, calls } = setting(() => {
      throw new UtilsError('EXEC_FAILED', 'ended with status 3: no such sensor');
    });
    const failing = runHooks('preImage', [hook({ cmd: 'false' }), hook({ cmd: 'true' })], options);
    await expect(failing).rejects.toMatchObject({
      code: 'HOOK_FAILED',
      message: expect.stringMatching(/^the hook "false" of preImage failed: .*no such sensor/),
    });
    expect(calls).toHaveLength(1);
  });

  it('is cancelled as such', async () => {
    const { options } = setting(() => {
      throw new UtilsError('CANCELLED', 'cancelled', { fault: 'cancelled' });
    });
    await expect(runHooks('preImage', [hook({ cmd: 'true' })], options)).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});

describe('hooksReachNetwork', () => {
  const NONE = { preInstall: [], postInstall: [], preImage: [], firstBoot: [] };
  const online = { ...hook({ cmd: 'get' }), network: true };

  it.each([
    [NONE, false],
    [{ ...NONE, preImage: [hook({ cmd: 'true' })] }, false],
    [{ ...NONE, firstBoot: [online] }, false],
    [{ ...NONE, postInstall: [hook({ cmd: 'true' }), online] }, true],
  ])('of %j is %s, and refused to an offline build', (hooks, reaches) => {
    expect(hooksReachNetwork(hooks, false)).toBe(reaches);
    const offline = () => hooksReachNetwork(hooks, true);
    if (reaches) expect(offline).toThrow(/^a hook of postInstall wants the network/);
    else expect(offline()).toBe(false);
  });
});

describe('interpreterOf', () => {
  it.each([
    ['#!/bin/sh\n', ['/bin/sh']],
    ['#! /usr/bin/env  python3 -u \nprint()', ['/usr/bin/env', 'python3 -u']],
    ['#!/bin/sh', ['/bin/sh']],
  ])('reads %j as execve does', async (text, words) => {
    expect(await interpreterOf(join(makeTree({ hook: text }), 'hook'))).toEqual(words);
  });

  it.each(['echo hello\n', '', '#!\n', '\x7fELF'])('refuses %j', async (text) => {
    await expect(interpreterOf(join(makeTree({ hook: text }), 'hook'))).rejects.toMatchObject({
      code: 'HOOK_INVALID',
      fault: 'request',
    });
  });
});
