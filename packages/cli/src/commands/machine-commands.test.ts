import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOST_PACKAGES, type HostReport } from '@ic/toolchain';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runIc } from '../testing/run-ic.js';

const uidmap = HOST_PACKAGES.filter((entry) => entry.names.apt === 'uidmap');
const machine: HostReport = {
  os: { id: 'debian', idLike: [], version: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
  kernel: '6.1.0',
  architecture: 'x64',
  processors: 2,
  user: { uid: 1000, name: 'alice' },
  packageManager: 'apt',
  programs: [{ name: 'unshare', path: '/usr/bin/unshare', version: '2.38.1' }],
  missing: uidmap,
  namespaces: { usable: false, problem: 'no uidmap', remedy: 'run "ic host --install"' },
  loopDevices: { usable: false, problem: 'loop devices need root' },
  memoryAvailable: 8 * 1024 ** 3,
  kvm: { usable: false, problem: '/dev/kvm does not exist' },
  firmware: undefined,
  space: [{ path: '/home', available: 1024 ** 4 }],
};

describe('ic host', () => {
  it('says what the machine can do, what it lacks and the remedy', async () => {
    const run = await runIc(['host'], { toolchain: { inspectHost: async () => machine } });
    expect(run.exitCode).toBe(0);
    expect(run.stdout).toContain('Debian GNU/Linux 12 (bookworm), Linux 6.1.0, x64, 2 processors');
    expect(run.stdout).toContain('no, not without root, as alice: no uidmap');
    expect(run.stdout).toContain('uidmap (builds without root)');
    expect(run.stdout).toContain('ic host --install');
  });

  it('installs what is missing after saying which, and looks again', async () => {
    const installed: string[] = [];
    const run = await runIc(['host', '--install'], {
      env: { HOME: '/home/alice', https_proxy: 'http://proxy:1', SECRET: 'x' },
      toolchain: {
        inspectHost: async () => (installed.length === 0 ? machine : { ...machine, missing: [] }),
        installHostPackages: async (missing, options) => {
          expect(options.environment).toEqual({ https_proxy: 'http://proxy:1' });
          expect(options.uid).toBe(1000);
          installed.push(...missing.map((entry) => entry.names.apt));
          options.announce(installed, 'apt');
        },
      },
    });
    expect(installed).toEqual(['uidmap']);
    expect(run.stderr).toContain('installing with apt-get: uidmap');
    expect(run.stdout).toMatch(/^missing +nothing$/m);
  });
});

describe('ic boot', () => {
  let folder: string;
  let image: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-cli-'));
    image = join(folder, 'edge.raw');
    await writeFile(image, '');
    await writeFile(join(folder, 'vars.fd'), '');
  });
  afterEach(() => rm(folder, { recursive: true }));

  /** Boots with fakes and gives back the arguments that QEMU would have got. */
  async function boot(args: readonly string[], kvmUsable = false) {
    let qemu: readonly string[] = [];
    const run = await runIc(['boot', image, ...args], {
      toolchain: {
        missingHostPackages: async () => [],
        probeKvm: async () => ({ usable: kvmUsable, problem: kvmUsable ? undefined : 'no /dev/kvm' }),
        findFirmware: async () => ({ code: '/fw/code.fd', variables: join(folder, 'vars.fd') }),
      },
      runOnTerminal: async (_program, list) => {
        qemu = list;
        return 7;
      },
    });
    return { run, qemu: qemu.join(' ') };
  }

  it('emulates where KVM does not work, keeps the image as it is and gives the exit status of QEMU', async () => {
    const { run, qemu } = await boot([]);
    expect(run.exitCode).toBe(7);
    expect(run.stderr).toContain('KVM is not used: no /dev/kvm');
    expect(run.stderr).toContain('by emulation');
    expect(qemu).toContain('-accel tcg');
    expect(qemu).toContain(`snapshot=on,cache=unsafe,file=${image}`);
    expect(qemu).toContain('-m 2048M');
    expect(qemu).toContain('file=/fw/code.fd');
    expect(qemu).not.toContain(`file=${join(folder, 'vars.fd')}`);
    expect(qemu).toContain('-serial mon:stdio');
  });

  it('does as it is told', async () => {
    const { qemu } = await boot(['--firmware', 'bios', '--memory', '512MiB', '--accel', 'kvm', '--persist']);
    expect(qemu).toContain('-accel kvm');
    expect(qemu).toContain('snapshot=off');
    expect(qemu).toContain('-m 512M');
    expect(qemu).not.toContain('pflash');
  });

  it('starts a kernel with the initramfs and the words of its script', async () => {
    image = join(folder, 'edge.ipxe');
    const script = '#!ipxe\nkernel edge.vmlinuz initrd=edge.initrd console=ttyS0\ninitrd edge.initrd\nboot\n';
    await writeFile(image, script);
    await writeFile(join(folder, 'edge.vmlinuz'), '');
    expect((await boot([])).run.stderr).toContain(`${join(folder, 'edge.initrd')} cannot be read`);
    await writeFile(join(folder, 'edge.initrd'), '');
    const { qemu } = await boot([]);
    expect(qemu).toContain(`-kernel ${join(folder, 'edge.vmlinuz')}`);
    expect(qemu).toContain(`-initrd ${join(folder, 'edge.initrd')}`);
    expect(qemu).toContain('-append initrd=edge.initrd console=ttyS0');
    expect(qemu).not.toContain('snapshot=');
    expect((await boot(['--persist'])).run.stderr).toContain('--persist needs a disk image');
    await writeFile(image, '#!ipxe\nboot\n');
    expect((await boot([])).run.stderr).toContain('it names no kernel and initramfs');
  });

  it('takes KVM where a trial shows that it works', async () => {
    const { qemu } = await boot([], true);
    expect(qemu).toContain('-accel kvm');
  });

  it('says what is missing', async () => {
    const missing = HOST_PACKAGES.filter((entry) => entry.names.apt === 'qemu-system-x86');
    const run = await runIc(['boot', image], { toolchain: { missingHostPackages: async () => missing } });
    expect(run.exitCode).toBe(1);
    expect(run.stderr).toContain('error[HOST_UNFIT]: this machine lacks qemu-system-x86');
  });

  it('refuses a size that is none', async () => {
    const run = await runIc(['boot', image, '--memory', 'much']);
    expect([run.exitCode, run.stderr.split(':')[0]]).toEqual([2, 'error[SIZE_INVALID]']);
  });
});

describe('ic cache', () => {
  const removed = [{ kind: 'packages', path: '/cache/packages/sha256/abc', size: 2048 }] as const;

  it('list shows a table, or data', async () => {
    const kinds = [
      { kind: 'packages', files: 12, size: 1536, lastUse: '2026-11-20T12:34:56.000Z' },
      { kind: 'metadata', files: 0, size: 0 },
    ] as const;
    const listCache = async () => [...kinds];
    const run = await runIc(['cache', 'list'], { packageCore: { listCache } });
    expect(run).toEqual({
      exitCode: 0,
      stdout: `kind      files  size     last use
packages  12     1.5 KiB  2026-11-20 12:34
metadata  0      0 B      -
all       12     1.5 KiB  2026-11-20 12:34
`,
      stderr: '',
    });
    const data = { cacheDir: '/home/alice/.cache/image-composer', kinds };
    const json = await runIc(['cache', 'list', '--format', 'json'], { packageCore: { listCache } });
    expect(JSON.parse(json.stdout)).toEqual(data);
    const lines = await runIc(['cache', 'list', '--json'], { packageCore: { listCache } });
    expect(JSON.parse(lines.stdout)).toEqual({ type: 'result', value: data });
  });

  it.each([
    ['nothing', [], 0, 'good: 7, wrong and removed: 0'],
    ['a package', removed, 1, 'good: 7, wrong and removed: 1'],
    [
      'a half-written file',
      [{ ...removed[0], kind: 'partial files' as const }],
      0,
      'good: 7, wrong and removed: 0',
    ],
  ])('verify ends with 1 when something whole was wrong: %s', async (_what, wrong, exitCode, note) => {
    const verifyCache = async () => ({ good: 7, removed: wrong });
    const run = await runIc(['cache', 'verify'], { packageCore: { verifyCache } });
    const stdout = wrong.map(({ path }) => `${path}\n`).join('');
    expect(run).toEqual({ exitCode, stdout, stderr: `${note}\n` });
  });

  it('prune takes limits, and says what it removed', async () => {
    const asked: unknown[] = [];
    const pruneCache = async (...args: readonly unknown[]) => {
      asked.push(args.slice(0, 2));
      return { removed, inUse: 3 };
    };
    const limits = ['--max-size', '5GiB', '--older-than', '30d', '--cache-dir', '/cache'];
    const run = await runIc(['cache', 'prune', ...limits], { packageCore: { pruneCache } });
    expect(run).toEqual({
      exitCode: 0,
      stdout: '/cache/packages/sha256/abc\n',
      stderr: 'freed: 2 KiB in 1 files; running builds use 3 more\n',
    });
    await runIc(['cache', 'prune'], { packageCore: { pruneCache }, env: { XDG_CACHE_HOME: '/x' } });
    expect(asked).toEqual([
      ['/cache', { dryRun: false, maxSize: 5 * 1024 ** 3, olderThan: 30 * 24 * 3600 * 1000 }],
      ['/x/image-composer', { dryRun: false, maxSize: undefined, olderThan: undefined }],
    ]);
  });

  it.each([
    ['--max-size', 'much', 'SIZE_INVALID'],
    ['--older-than', '5m', 'DURATION_INVALID'],
  ])('prune refuses %s %s', async (flag, value, code) => {
    const run = await runIc(['cache', 'prune', flag, value]);
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining(`error[${code}]`)]);
  });

  it('clear with --dry-run says what would go', async () => {
    const clearCache = async () => ({ removed, inUse: 0 });
    const run = await runIc(['cache', 'clear', '--dry-run'], { packageCore: { clearCache } });
    expect(run).toMatchObject({ exitCode: 0, stderr: 'would free: 2 KiB in 1 files\n' });
  });
});
