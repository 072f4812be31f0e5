// 200 files of 50–600 KB over TLS with 16 connections: fetched, hashed and stored into a package cache, beside `curl --parallel`, in
// turns, with 30 ms of delay between the two ends and without. Prints the medians of MB/s and the ratio. The server is a process of its own.
// What was fetched stays until the end: ext4 is slow to make files for minutes after as many were deleted.
import { execFile, spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import { connect, createServer as createRelay } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const RUNS = 9;
const FILES = 200;
const CONNECTIONS = 16;
const GOALS = [
  { delay: 30, ratio: 0.8 },
  { delay: 0, ratio: 0.35 },
];

/** The sizes are the same in every run, spread evenly. */
const sizes = Array.from(
  { length: FILES },
  (_, index) => 50_000 + Math.floor((index * 550_000) / (FILES - 1)),
);
const total = sizes.reduce((sum, size) => sum + size, 0);

/** Serves the files until its standard input ends; says its port, that of the delayed way to it, and the hashes. */
async function serve(/** @type {string} */ folder, /** @type {number} */ delay) {
  const { readFile } = await import('node:fs/promises');
  const [key, cert] = await Promise.all(['key.pem', 'cert.pem'].map((name) => readFile(join(folder, name))));
  const files = sizes.map((size) => randomBytes(size));
  const server = createServer({ key, cert }, (request, response) => {
    const body = files[Number(request.url?.slice(1))];
    response.writeHead(body === undefined ? 404 : 200, { 'content-length': body?.length ?? 0 }).end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const relay = createRelay({ noDelay: true }, (near) => {
    const far = connect({ port, host: '127.0.0.1', noDelay: true });
    for (const [from, to] of [
      [near, far],
      [far, near],
    ]) {
      from?.on('data', (chunk) => setTimeout(() => to?.write(chunk), delay / 2));
      from?.on('close', () => setTimeout(() => to?.destroy(), delay / 2));
      from?.on('error', () => {});
    }
  });
  relay.listen(0, '127.0.0.1');
  await once(relay, 'listening');
  const delayed = /** @type {import('node:net').AddressInfo} */ (relay.address()).port;
  const hashes = files.map((file) => createHash('sha256').update(file).digest('hex'));
  console.log(JSON.stringify({ port, delayed, hashes }));
  process.stdin.resume().on('end', () => process.exit());
}

/**
 * Fetches all files into a new cache in this process and says how many seconds that took; without the time to load the
 * program, to which belongs what the fetcher loads with its first connection: a build has fetched its indexes by then.
 */
async function fetchAll(
  /** @type {string} */ folder,
  /** @type {string} */ url,
  /** @type {string[]} */ hashes,
) {
  const [{ fetchPackages, openPackageCache }, { createFetcher, defaultContext }] = await Promise.all([
    import('../dist/index.js'),
    import('../../utils/dist/index.js'),
    import('../../utils/dist/http/connections.js'),
  ]);
  const fetcher = createFetcher({
    connectionsPerHost: CONNECTIONS,
  });
  const repository = {
    ...{ name: 'bench', url, suites: [], components: [], keySources: [] },
    ...{ fingerprints: [], trusted: false, signedIndex: true, priority: 500 },
  };
  const packages = sizes.map((size, index) => ({
    ...{
      name: `file-${index}`,
      version: '1',
      architecture: 'all',
      repository: 'bench',
      location: `${index}`,
    },
    ...{ size, sha256: hashes[index] ?? '', installedSize: 0 },
  }));
  const started = performance.now();
  await fetchPackages(packages, [repository], {
    ...{ cache: openPackageCache(join(folder, 'cache')), fetcher, offline: false },
    context: defaultContext(),
  });
  console.log(JSON.stringify((performance.now() - started) / 1000));
  fetcher.close();
}

const run = promisify(execFile);

async function timeOurs(
  /** @type {string} */ folder,
  /** @type {string} */ url,
  /** @type {string[]} */ hashes,
) {
  // As curl's --cacert is read before it connects.
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: join(folder, 'cert.pem') };
  const place = await mkdtemp(join(folder, 'ours-'));
  const child = run(process.execPath, [import.meta.filename, 'fetch', place, url], { maxBuffer: 1e6, env });
  child.child.stdin?.end(JSON.stringify(hashes));
  const { stdout } = await child;
  return Number(JSON.parse(stdout));
}

async function timeCurl(/** @type {string} */ folder, /** @type {string} */ url) {
  const config = sizes.map((_, index) => `url = "${url}/${index}"\noutput = "${index}"\n`).join('');
  await writeFile(join(folder, 'curl.conf'), config);
  const args = ['--parallel', '--parallel-max', `${CONNECTIONS}`, '--http1.1', '--fail', '--silent'];
  const place = await mkdtemp(join(folder, 'curl-'));
  const places = ['--cacert', join(folder, 'cert.pem'), '--output-dir', place];
  const started = performance.now();
  await run('curl', [...args, ...places, '--config', join(folder, 'curl.conf')]);
  const seconds = (performance.now() - started) / 1000;
  return seconds;
}

const median = (/** @type {number[]} */ values) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;

async function compare(/** @type {string} */ folder, /** @type {{ delay: number, ratio: number }} */ goal) {
  const server = spawn(process.execPath, [import.meta.filename, 'serve', folder, `${goal.delay}`], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  try {
    const [line] = await once(createInterface({ input: server.stdout }), 'line');
    const { port, delayed, hashes } = JSON.parse(line);
    const url = `https://127.0.0.1:${goal.delay === 0 ? port : delayed}`;
    const [ours, curl] = [[], []].map(() => /** @type {number[]} */ ([]));
    for (let turn = 0; turn < RUNS; turn += 1) {
      curl?.push(await timeCurl(folder, url));
      ours?.push(await timeOurs(folder, url, hashes));
    }
    const [speed, reference] = [ours, curl].map((seconds) => total / 1e6 / median(seconds ?? []));
    const ratio = (speed ?? 0) / (reference ?? 0);
    const what = `${goal.delay} ms: curl ${reference?.toFixed(0)} MB/s, ours ${speed?.toFixed(0)} MB/s; at least ${goal.ratio}`;
    console.log(
      `  ${what.padEnd(60)} ${ratio.toFixed(2).padStart(6)}  ${ratio >= goal.ratio ? 'good' : 'MISSED'}`,
    );
    return ratio >= goal.ratio;
  } finally {
    server.stdin.end();
  }
}

async function main() {
  const folder = await mkdtemp(join(tmpdir(), 'ic-bench-'));
  try {
    const subject = ['-subj', '/CN=loopback', '-addext', 'subjectAltName=IP:127.0.0.1'];
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    await run('openssl', ['req', '-x509', ...key, ...subject, '-keyout', 'key.pem', '-out', 'cert.pem'], {
      cwd: folder,
    });
    let isGood = true;
    for (const goal of GOALS) isGood = (await compare(folder, goal)) && isGood;
    return isGood ? 0 : 1;
  } finally {
    await rm(folder, { recursive: true });
  }
}

const [mode, folder = '', argument = ''] = process.argv.slice(2);
if (mode === 'serve') await serve(folder, Number(argument));
else if (mode === 'fetch') {
  let text = '';
  for await (const chunk of process.stdin) text += chunk;
  await fetchAll(folder, argument, JSON.parse(text));
} else process.exitCode = await main();
