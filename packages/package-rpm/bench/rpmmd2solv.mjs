// Reading a large repository's metadata beside libsolv's own reader, in turns: `gzip -dc | rpmmd2solv`, then ours without a cache and
// with one, each in a process of its own. Prints the medians of seconds of CPU, the ratio, and the most memory.
import { spawn } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const RUNS = 7;
const GOALS = { ratio: 1.5, megabytes: 250, cached: 0.2 };
const data = process.env.IC_SHARED_DATA ?? join(import.meta.dirname, '../../../../shared/data');
const folder = join(data, 'rpm-metadata/appstream');

/** Reads the repository in this process and says as JSON what that took; without the time to load the program. */
async function read(/** @type {string} */ cacheDir) {
  const [{ openPackageCache }, { createFetcher, defaultContext }, { createRpmProvider }] = await Promise.all([
    import('../../package-core/dist/index.js'),
    import('../../utils/dist/index.js'),
    import('../dist/index.js'),
  ]);
  const fetcher = createFetcher();
  const cache = openPackageCache(join(cacheDir, 'packages'));
  const options = { fetcher, cache, cacheDir, architecture: 'x86_64', offline: false, jobs: 1 };
  const repository = {
    ...{ name: 'appstream', url: `file://${folder}`, suites: [], components: [], keySources: [] },
    ...{ fingerprints: [], trusted: false, signedIndex: false, priority: 500 },
  };
  const [started, before] = [performance.now(), process.cpuUsage()];
  const index = await createRpmProvider(options).metadata([repository], defaultContext());
  const found = index.providersOf('podman').length;
  const [wall, { user, system }] = [performance.now() - started, process.cpuUsage(before)];
  if (found === 0 || index.size < 17_000) throw new Error(`there are only ${index.size} packages`);
  const megabytes = process.resourceUsage().maxRSS / 1024;
  console.log(JSON.stringify({ wall: wall / 1000, cpu: (user + system) / 1e6, megabytes }));
}

/** @returns {Promise<string>} what a program says on standard output and error */
function run(/** @type {string} */ program, /** @type {string[]} */ args) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += chunk;
      });
    }
    child.once('error', reject);
    child.once('close', (status) =>
      status === 0 ? resolve(said) : reject(new Error(`${program}:\n${said}`)),
    );
  });
}

const readInProcess = async (/** @type {string} */ cacheDir) =>
  JSON.parse(await run(process.execPath, [import.meta.filename, 'read', cacheDir]));

async function readWithLibsolv() {
  const [primary = ''] = readdirSync(join(folder, 'repodata')).filter((name) =>
    name.endsWith('primary.xml.gz'),
  );
  const script = 'TIMEFORMAT="%U %S"; time (gzip -dc "$0" | rpmmd2solv > /dev/null)';
  const said = await run('bash', ['-c', script, join(folder, 'repodata', primary)]);
  const [user = Number.NaN, system = Number.NaN] = (said.trim().split('\n').at(-1) ?? '')
    .split(' ')
    .map(Number);
  return user + system;
}

const median = (/** @type {number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare() {
  const [libsolv, cold, cached, memory] = [[], [], [], []].map(() => /** @type {number[]} */ ([]));
  for (let turn = 0; turn < RUNS; turn += 1) {
    const cacheDir = await mkdtemp(join(tmpdir(), 'ic-bench-'));
    try {
      libsolv?.push(await readWithLibsolv());
      const first = await readInProcess(cacheDir);
      const second = await readInProcess(cacheDir);
      cold?.push(first.cpu);
      cached?.push(second.wall);
      memory?.push(first.megabytes, second.megabytes);
    } finally {
      await rm(cacheDir, { recursive: true });
    }
  }
  const reference = median(libsolv ?? []);
  const ratio = median(cold ?? []) / reference;
  const [warm, megabytes] = [median(cached ?? []), Math.max(...(memory ?? []))];
  const report = (/** @type {string} */ what, /** @type {string} */ figure, /** @type {boolean} */ isMet) =>
    console.log(`  ${what.padEnd(44)} ${figure.padStart(10)}  ${isMet ? 'good' : 'MISSED'}`);
  console.log(
    `  gzip and rpmmd2solv ${reference.toFixed(2)} s of CPU, ours ${median(cold ?? []).toFixed(2)} s`,
  );
  report(`ratio, at most ${GOALS.ratio}`, ratio.toFixed(2), ratio <= GOALS.ratio);
  report(`from the cache, below ${GOALS.cached} s`, `${warm.toFixed(3)} s`, warm < GOALS.cached);
  report(
    `memory of the process, below ${GOALS.megabytes} MB`,
    `${megabytes.toFixed(0)} MB`,
    megabytes < GOALS.megabytes,
  );
  return ratio <= GOALS.ratio && warm < GOALS.cached && megabytes < GOALS.megabytes ? 0 : 1;
}

const [mode, cacheDir = ''] = process.argv.slice(2);
if (mode === 'read') await read(cacheDir);
else if (!existsSync(folder)) console.log(`  skipped: there is no ${folder}`);
else process.exitCode = await compare();
