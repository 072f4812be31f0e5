import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { configureFirstBoot, firstBootUnit } from './first-boot.js';
import { EPOCH, makeSystem, makeTree } from './image-fixture.test.helper.js';

const NO_HOOKS = { preInstall: [], postInstall: [], preImage: [], firstBoot: [] };

describe('configureFirstBoot', () => {
  it('brings each hook as a program that sees its variables', async () => {
    const local = makeTree({ 'register.sh': '#!/bin/sh\necho "script $NAME"\n' });
    const environment = { NAME: "it's $HOME" };
    const firstBoot = [
      { run: { cmd: 'echo "$NAME"' }, environment, network: false },
      { run: { script: join(local, 'register.sh') }, environment, network: false },
    ];
    const { image, rootfs } = makeSystem({ system: { hooks: { ...NO_HOOKS, firstBoot } } });
    expect(await configureFirstBoot(image)).toEqual(['ic-first-boot.service']);
    const folder = join(rootfs, 'usr/lib/ic-first-boot');
    expect((await exec(join(folder, '01'), [])).stdout).toBe("it's $HOME\n");
    expect(readFileSync(join(folder, '02'), 'utf8')).toContain('\nexec /usr/lib/ic-first-boot/02.script\n');
    expect(statSync(join(folder, '02.script'))).toMatchObject({ mode: 0o100755, mtimeMs: EPOCH * 1000 });
  });

  it('does nothing for nothing', async () => {
    expect(await configureFirstBoot(makeSystem().image)).toEqual([]);
  });

  it('refuses a script without an interpreter', async () => {
    const script = join(makeTree({ hook: 'echo\n' }), 'hook');
    const firstBoot = [{ run: { script }, environment: {}, network: false }];
    const { image } = makeSystem({ system: { hooks: { ...NO_HOOKS, firstBoot } } });
    await expect(configureFirstBoot(image)).rejects.toMatchObject({ code: 'HOOK_INVALID' });
  });
});

describe('firstBootUnit', () => {
  it('runs the programs in their order, then leaves its stamp; for the network only where asked', () => {
    const unit = firstBootUnit(['/a', '/b'], false);
    expect(unit).toMatch(/ExecStart=\/a\nExecStart=\/b\nExecStart=\/usr\/bin\/touch (\S+)\n/);
    expect(unit).toContain('\nConditionPathExists=!/var/lib/ic-first-boot.done\n');
    expect(unit).not.toContain('network');
    expect(firstBootUnit(['/a'], true)).toMatch(
      /\nWants=network-online.target\nAfter=network-online.target\n/,
    );
  });
});
