import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { UtilsError } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { PackageRunner } from './runner.js';
import { activateTriggers, configureAll, runPreinst, type ScriptRunner } from './scripts.js';

type Call = { program: string; args: readonly string[]; options: Parameters<PackageRunner['run']>[2] };

let folder: string;
let root: string;
let calls: Call[];
/** What happens while a program runs. */
let during: (call: Call) => void;
let scripts: ScriptRunner;
const failure = new UtilsError('EXEC_FAILED', 'preinst ended with status 1:\nno', { details: { status: 1 } });

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-scripts-'));
  root = join(folder, 'root');
  mkdirSync(join(root, 'var/lib/dpkg'), { recursive: true });
  calls = [];
  during = () => {};
  scripts = {
    runner: {
      root,
      async run(program, args, options) {
        calls.push({ program, args, options });
        during({ program, args, options });
        return { status: 0, stdout: '', stderr: '' };
      },
    },
    dpkgVersion: '1.21.22',
    standIn: '/build/deferred',
    deferred: ['/usr/sbin/there', '/usr/sbin/absent', '/usr/sbin/link'],
    onLine: () => {},
  };
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const preinst = { name: 'preinst', mode: 0o755, data: Buffer.from('#!/bin/sh\n') };
const pkg = {
  name: 'pkg',
  version: '1:2-3',
  architecture: 'amd64',
  controlFiles: [preinst, { name: 'templates', mode: 0o644, data: Buffer.from('Template: x\n') }],
};
const temporary = () => join(root, 'var/lib/dpkg/tmp.ci');

describe('a preinst', () => {
  it('is told what dpkg tells it', async () => {
    await runPreinst(scripts, pkg);
    expect(calls).toHaveLength(1);
    expect(calls[0]).toMatchObject({ program: '/var/lib/dpkg/tmp.ci/preinst', args: ['install'] });
    expect(calls[0]?.options?.env).toEqual({
      DEBIAN_FRONTEND: 'noninteractive',
      DEBCONF_NONINTERACTIVE_SEEN: 'true',
      DPKG_ROOT: '',
      DPKG_ADMINDIR: '/var/lib/dpkg',
      DPKG_MAINTSCRIPT_PACKAGE: 'pkg',
      DPKG_MAINTSCRIPT_PACKAGE_REFCOUNT: '1',
      DPKG_MAINTSCRIPT_ARCH: 'amd64',
      DPKG_MAINTSCRIPT_NAME: 'preinst',
      DPKG_RUNNING_VERSION: '1.21.22',
    });
  });

  it('has its templates beside it, and nothing stays', async () => {
    mkdirSync(temporary());
    writeFileSync(join(temporary(), 'old'), '');
    during = () => {
      expect(readdirSync(temporary()).sort()).toEqual(['preinst', 'templates']);
      expect(readFileSync(join(temporary(), 'templates'), 'utf8')).toBe('Template: x\n');
      expect(statSync(join(temporary(), 'preinst')).mode & 0o777).toBe(0o755);
    };
    await runPreinst(scripts, pkg);
    expect(calls).toHaveLength(1);
    expect(existsSync(temporary())).toBe(false);
  });

  it('that is not there costs nothing', async () => {
    await runPreinst(scripts, { ...pkg, controlFiles: pkg.controlFiles.slice(1) });
    expect(calls).toEqual([]);
  });

  it('that fails fails the installation, says why, and nothing stays', async () => {
    during = () => {
      throw failure;
    };
    await expect(runPreinst(scripts, pkg)).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringMatching(/^the preinst script of pkg 1:2-3 failed: .*\nno$/s),
      cause: failure,
      details: { status: 1 },
    });
    expect(existsSync(temporary())).toBe(false);
  });

  it('that is cancelled is cancelled', async () => {
    const stopped = new UtilsError('CANCELLED', 'cancelled');
    during = () => {
      throw stopped;
    };
    await expect(runPreinst(scripts, pkg)).rejects.toBe(stopped);
  });

  it('that turns the database into a link has nothing removed behind it', async () => {
    const outside = join(folder, 'outside/tmp.ci');
    mkdirSync(outside, { recursive: true });
    during = () => {
      rmSync(join(root, 'var/lib/dpkg'), { recursive: true });
      symlinkSync(join(folder, 'outside'), join(root, 'var/lib/dpkg'));
    };
    await runPreinst(scripts, pkg);
    expect(existsSync(outside)).toBe(true);
  });
});

describe('deferred programs', () => {
  it('are covered where they are files', async () => {
    mkdirSync(join(root, 'usr/sbin'), { recursive: true });
    writeFileSync(join(root, 'usr/sbin/there'), '');
    symlinkSync('/etc/passwd', join(root, 'usr/sbin/link'));
    await configureAll(scripts, { forceDepends: false });
    expect(calls[0]?.options?.binds).toEqual([
      { host: '/build/deferred', inside: '/usr/sbin/there', readOnly: true },
    ]);
  });
});

describe('configuring', () => {
  it.each([
    [false, ['--force-unsafe-io', '--force-confold']],
    [true, ['--force-unsafe-io', '--force-confold', '--force-depends']],
  ])(
    'lets dpkg configure all, then run triggers; forced past dependencies: %s',
    async (forceDepends, force) => {
      await configureAll(scripts, { forceDepends });
      expect(calls.map(({ program, args }) => [program, ...args])).toEqual([
        ['dpkg', ...force, '--no-triggers', '--configure', '-a'],
        ['dpkg', ...force, '--triggers-only', '-a'],
      ]);
    },
  );

  it('that fails is INSTALL_FAILED', async () => {
    during = () => {
      throw failure;
    };
    await expect(configureAll(scripts, { forceDepends: false })).rejects.toMatchObject({
      code: 'INSTALL_FAILED',
      message: expect.stringContaining('configuring the packages failed'),
      hint: expect.stringContaining('-v'),
    });
  });
});

it('triggers are activated one by one, without waiting', async () => {
  await activateTriggers(scripts, ['/a', '/b']);
  expect(calls.map(({ program, args }) => [program, ...args])).toEqual([
    ['dpkg-trigger', '--no-await', '--by-package=dpkg', '/a'],
    ['dpkg-trigger', '--no-await', '--by-package=dpkg', '/b'],
  ]);
});
