import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { deferPrograms } from './deferred-programs.js';

let work: string;
beforeEach(() => {
  work = mkdtempSync(join(tmpdir(), 'ic-deferred-'));
});
afterEach(() => rmSync(work, { recursive: true }));

const PROGRAMS = ['/usr/bin/dracut', '/usr/sbin/grub2-mkconfig', '/usr/bin/kernel-install'];

it('stands in for the programs that packages bring, wherever their /usr is merged', () => {
  const { folder } = deferPrograms(PROGRAMS, {
    files: ['/bin/dracut', '/sbin/grub2-mkconfig', '/etc/x'],
    work,
  });
  expect(readdirSync(folder).sort()).toEqual(['bash-env', 'dracut', 'grub2-mkconfig']);
  expect(spawnSync(join(folder, 'dracut'), ['--force']).status).toBe(0);
});

it('tells kernel-install to do nothing where it is deferred', () => {
  const variables = (files: readonly string[]) => {
    rmSync(join(work, 'deferred'), { recursive: true, force: true });
    return deferPrograms(PROGRAMS, { files, work }).environment('/run/deferred');
  };
  const guard = { BASH_ENV: '/run/deferred/bash-env' };
  expect(variables(['/usr/bin/kernel-install'])).toEqual({ ...guard, KERNEL_INSTALL_BYPASS: '1' });
  expect(variables(['/usr/bin/dracut'])).toEqual(guard);
  expect(variables(['/usr/bin/other'])).toEqual({});
});

it.skipIf(!existsSync('/bin/bash'))(
  'ends bash scripts of these names that are called by path, and no others',
  () => {
    const { folder, environment } = deferPrograms(PROGRAMS, { files: ['/usr/bin/dracut'], work });
    for (const name of ['dracut', 'other']) {
      writeFileSync(join(work, name), '#!/bin/bash --norc\necho $0 works; exit 3\n');
      chmodSync(join(work, name), 0o755);
    }
    const run = (name: string) => {
      const { status, stdout } = spawnSync(join(work, name), { env: environment(folder), encoding: 'utf8' });
      return [status, stdout];
    };
    expect(run('dracut')).toEqual([0, '']);
    expect(run('other')).toEqual([3, `${work}/other works\n`]);
  },
);
