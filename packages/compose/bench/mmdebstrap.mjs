// A whole build beside mmdebstrap of the same packages followed by mke2fs -d, in turns, over one loopback mirror that
// is filled beforehand. Prints wall and CPU seconds of each run and the ratio of the medians. Run as root.
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startComposer } from '../../devkit/dist/index.js';

const PACKAGES = [
  'systemd',
  'systemd-sysv',
  'systemd-resolved',
  'udev',
  'dbus',
  'linux-image-cloud-amd64',
  'systemd-boot',
  'openssh-server',
  'ca-certificates',
  'sudo',
];
const RUNS = 3;
const GOAL = 0.7;

const template = {
  image: { name: 'bench', version: '1' },
  target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
  disk: {
    name: 'bench',
    size: '2GiB',
    partitionTableType: 'gpt',
    partitions: [
      { id: 'esp', type: 'esp', start: '1MiB', end: '129MiB', fsType: 'fat32', mountPoint: '/boot/efi' },
      { id: 'root', type: 'linux-root-amd64', start: '129MiB', end: '0', fsType: 'ext4', mountPoint: '/' },
    ],
    artifacts: [{ type: 'raw' }],
  },
};

/**
 * @param {string} program
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 * @returns {Promise<{ wall: number, cpu: number }>} seconds; CPU of the program and all that it waited for
 */
function timed(program, args, env) {
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/time', ['-f', '%U %S', program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let said = '';
    child.stderr.on('data', (chunk) => {
      said += chunk;
    });
    child.once('error', reject);
    child.once('close', (status) => {
      const wall = (performance.now() - started) / 1000;
      const [user, system] = (said.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
      if (status === 0) resolve({ wall, cpu: (user ?? 0) + (system ?? 0) });
      else reject(new Error(`${program} failed:\n${said.slice(-2000)}`));
    });
  });
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const composer = await startComposer();
const folder = await mkdtemp(join(tmpdir(), 'ic-bench-'));
try {
  const file = join(folder, 'bench.yml');
  // JSON is YAML. The target's own defaults would add packages: `packages` of the set alone is written by --set.
  await writeFile(file, JSON.stringify(template));
  const ic = new URL('../../cli/bin/ic.js', import.meta.url).pathname;
  const ours = () =>
    timed(
      process.execPath,
      [
        ic,
        ...['build', file, '--output-dir', join(folder, 'out'), '--cache-dir', composer.cacheDir],
        ...['--set', `systemConfig.packages=${JSON.stringify(PACKAGES)}`],
        ...['--set', 'systemConfig.kernel.packages=[]', '--set', 'systemConfig.services.enable=[]'],
        ...composer.mirrorArguments,
      ],
      { NODE_EXTRA_CA_CERTS: composer.mirror.certificates.caFile },
    );
  const theirs = async () => {
    const root = join(folder, 'root');
    const sources = [
      `deb ${composer.mirror.url('debian')} bookworm main`,
      `deb ${composer.mirror.url('debian')} bookworm-updates main`,
      `deb ${composer.mirror.url('debian-security')} bookworm-security main`,
    ];
    const bootstrap = await timed(
      'mmdebstrap',
      [
        ...['--mode=root', '--variant=essential', '--format=directory', '--quiet'],
        `--aptopt=Acquire::https::CAInfo "${composer.mirror.certificates.caFile}"`,
        `--include=${PACKAGES.join(',')}`,
        ...['bookworm', root, ...sources],
      ],
      {},
    );
    const disk = await timed('mke2fs', ['-q', '-t', 'ext4', '-d', root, join(folder, 'root.img'), '2G'], {});
    await rm(root, { recursive: true });
    await rm(join(folder, 'root.img'));
    return { wall: bootstrap.wall + disk.wall, cpu: bootstrap.cpu + disk.cpu };
  };

  await ours();
  await theirs();
  /** @type {Record<'ours' | 'theirs', { wall: number, cpu: number }[]>} */
  const runs = { ours: [], theirs: [] };
  for (let run = 0; run < RUNS; run += 1) {
    runs.ours.push(await ours());
    runs.theirs.push(await theirs());
  }
  for (const measure of /** @type {const} */ (['wall', 'cpu'])) {
    const a = runs.ours.map((run) => run[measure]);
    const b = runs.theirs.map((run) => run[measure]);
    const show = (/** @type {number[]} */ values) => values.map((value) => value.toFixed(1)).join(' ');
    const ratio = median(a) / median(b);
    console.log(
      `${measure} seconds: ic build ${show(a)}; mmdebstrap + mke2fs -d ${show(b)}; ratio ${ratio.toFixed(2)}`,
    );
    if (measure === 'wall' && ratio > GOAL) {
      console.log(`the goal of ${GOAL} is missed`);
      process.exitCode = 1;
    }
  }
} finally {
  await rm(folder, { recursive: true, force: true });
  await composer.close();
}
