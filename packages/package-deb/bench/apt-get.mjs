// `ic resolve --packages --offline` beside `apt-get --print-uris -y install` into an empty root over the same lists, uncompressed, in
// turns, each in a process of its own; both have read the lists before. Prints the medians of seconds of CPU (the
// process's start included), the ratio (which holds when the machine's speed drifts), the most memory and the load of the machine. Nothing is fetched but once, over
// the loopback mirror of the tests.
import { spawn } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { startComposer } from '../../devkit/dist/index.js';

const RUNS = 7;
const CHOSEN =
  'systemd systemd-sysv systemd-resolved udev dbus linux-image-cloud-amd64 systemd-boot openssh-server ca-certificates sudo'.split(
    ' ',
  );
/** As parts of what apt-get takes: 0.3 s of its 0.37 s for the chosen set, 0.6 s of its 0.55 s for the random one, on the machine that they were set for. */
const GOALS = { chosen: 0.3 / 0.37, random: 0.6 / 0.55, megabytes: 300 };

const TEMPLATE = {
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
 * @returns {Promise<{ status: number | null, stdout: string, stderr: string, cpu: number, megabytes: number }>}
 */
function timed(program, args, env = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn('/usr/bin/time', ['-f', '%U %S %M', program, ...args], {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const said = { stdout: '', stderr: '' };
    for (const name of /** @type {const} */ (['stdout', 'stderr'])) {
      child[name].on('data', (chunk) => {
        said[name] += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (status) => {
      const [user = 0, system = 0, kilobytes = 0] = (said.stderr.trim().split('\n').at(-1) ?? '')
        .split(' ')
        .map(Number);
      resolve({ status, ...said, cpu: user + system, megabytes: kilobytes / 1024 });
    });
  });
}

/** Names drawn from a list, the same ones for the same seed (a linear congruential generator: Numerical Recipes). */
function drawn(/** @type {string[]} */ names, /** @type {number} */ count, /** @type {number} */ seed) {
  let state = seed;
  const found = new Set();
  while (found.size < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    found.add(names[Math.floor((state / 2 ** 32) * names.length)]);
  }
  return [...found];
}

/** An empty root whose sources are these lists. */
async function makeAptRoot(/** @type {string} */ folder, /** @type {string[]} */ lists) {
  for (const path of ['lists/partial', 'cache/archives/partial', 'etc', 'state']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  for (const [index, list] of lists.entries()) {
    await mkdir(join(folder, `list-${index}`));
    await copyFile(list, join(folder, `list-${index}`, 'Packages'));
  }
  const sources = lists.map((_, index) => `deb [trusted=yes] file:${folder}/list-${index} ./\n`);
  await writeFile(join(folder, 'state', 'status'), '');
  await writeFile(join(folder, 'etc', 'sources.list'), sources.join(''));
  await writeFile(
    join(folder, 'apt.conf'),
    `Dir::State "${folder}/state";
Dir::State::status "${folder}/state/status";
Dir::State::lists "${folder}/lists";
Dir::Cache "${folder}/cache";
Dir::Etc "${folder}/etc";
APT::Architecture "amd64";
APT::Architectures { "amd64"; };
APT::Install-Recommends "false";
APT::Sandbox::User "";
`,
  );
}

/** @param {number[]} values */
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

const composer = await startComposer();
const folder = await mkdtemp(join(tmpdir(), 'ic-bench-'));
try {
  const [template, cacheDir] = [join(folder, 'bench.yml'), join(folder, 'ic-cache')];
  // JSON is YAML. The target's own defaults would add packages: `packages` of the set alone is written by --set.
  await writeFile(template, JSON.stringify(TEMPLATE));
  const ic = new URL('../../cli/bin/ic.js', import.meta.url).pathname;
  const ours = (/** @type {string[]} */ packages, /** @type {string[]} */ flags = ['--offline']) =>
    timed(
      process.execPath,
      [
        ...[ic, 'resolve', template, '--packages', '--quiet', '--cache-dir', cacheDir, ...flags],
        ...['--set', `systemConfig.packages=${JSON.stringify(packages)}`],
        ...['--set', 'systemConfig.kernel.packages=[]', '--set', 'systemConfig.services.enable=[]'],
        ...composer.mirrorArguments,
      ],
      { NODE_EXTRA_CA_CERTS: composer.mirror.certificates.caFile },
    );
  const filled = await ours(CHOSEN, []);
  if (filled.status !== 0) throw new Error(filled.stderr);

  const kept = join(cacheDir, 'metadata', 'lists');
  const lists = (await readdir(kept)).filter((name) => !name.includes('.')).map((name) => join(kept, name));
  const texts = await Promise.all(lists.map((list) => readFile(list, 'latin1')));
  const stanzas = texts.flatMap((text) => text.split('\n\n'));
  const nameOf = (/** @type {string} */ stanza) => /^Package: (\S+)$/m.exec(stanza)?.[1] ?? '';
  const names = [...new Set(stanzas.map(nameOf).filter((name) => name !== ''))].sort();
  const essential = [
    ...new Set(stanzas.filter((stanza) => /^Essential: yes$/m.test(stanza)).map(nameOf)),
  ].sort();

  await makeAptRoot(folder, lists);
  const env = { LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
  const updated = await timed('apt-get', ['update'], env);
  if (updated.status !== 0) throw new Error(updated.stderr);
  const theirs = (/** @type {string[]} */ packages) =>
    timed('apt-get', ['--print-uris', '-y', 'install', ...essential, ...packages], env);

  // Fifty packages at random may contradict each other, or be too old to be installable: the first draw that is not.
  let random = drawn(names, 50, 1);
  for (let seed = 2; (await ours(random)).status !== 0; seed += 1) random = drawn(names, 50, seed);

  let missed = false;
  const report = (/** @type {string} */ what, /** @type {string} */ figure, /** @type {boolean} */ isMet) => {
    missed ||= !isMet;
    console.log(`  ${what.padEnd(52)} ${figure.padStart(10)}  ${isMet ? 'good' : 'MISSED'}`);
  };
  for (const [title, packages, goal] of /** @type {const} */ ([
    ['the chosen set', CHOSEN, GOALS.chosen],
    ['50 packages at random', random, GOALS.random],
  ])) {
    const runs = { ours: [await ours(packages)], theirs: [await theirs(packages)] };
    const sizes = {
      ours: runs.ours[0]?.stdout.trim().split('\n').length,
      theirs: runs.theirs[0]?.stdout.match(/^'/gm)?.length,
    };
    runs.ours.pop();
    runs.theirs.pop();
    for (let run = 0; run < RUNS; run += 1) {
      runs.ours.push(await ours(packages));
      runs.theirs.push(await theirs(packages));
    }
    const cpu = {
      ours: median(runs.ours.map((run) => run.cpu)),
      theirs: median(runs.theirs.map((run) => run.cpu)),
    };
    const megabytes = {
      ours: Math.max(...runs.ours.map((run) => run.megabytes)),
      theirs: Math.max(...runs.theirs.map((run) => run.megabytes)),
    };
    const load = loadavg()
      .map((value) => value.toFixed(1))
      .join(' ');
    console.log(
      `  ${title}: ic ${sizes.ours} packages, ${cpu.ours.toFixed(2)} s, ${megabytes.ours.toFixed(0)} MB; apt-get ${sizes.theirs} packages, ${cpu.theirs.toFixed(2)} s, ${megabytes.theirs.toFixed(0)} MB; load ${load}`,
    );
    const ratio = cpu.ours / cpu.theirs;
    report(`${title}: CPU, below ${goal.toFixed(2)} of apt-get`, ratio.toFixed(2), ratio < goal);
    report(
      `${title}: memory, below ${GOALS.megabytes} MB`,
      `${megabytes.ours.toFixed(0)} MB`,
      megabytes.ours < GOALS.megabytes,
    );
  }
  if (missed) process.exitCode = 1;
} finally {
  await rm(folder, { recursive: true, force: true });
  await composer.close();
}
