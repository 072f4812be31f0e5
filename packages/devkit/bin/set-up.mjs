// Runs before anything is installed or compiled, so it stands on Node alone.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { root, run, runNode, Stop, say, stateFolder } from './workspace.mjs';

/** @typedef {import('@ic/toolchain').HostPurpose} HostPurpose */

/** Milliseconds of silence that need no explanation. */
const PATIENCE = 800;

/**
 * Brings this checkout to where commands can run: dependencies, compiled packages, programs of the host. Each step
 * happens only when what it depends on has changed, and then says so.
 *
 * @param {{ compile?: boolean, purposes?: readonly HostPurpose[] }} wanted
 */
export async function setUp({ compile = true, purposes = [] }) {
  await installDependencies();
  if (compile) await compilePackages();
  if (purposes.length > 0) await installHost(purposes);
}

async function installDependencies() {
  const stamp = `${stateFolder}/dependencies`;
  const wanted = dependenciesHash();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  const { packageManager, engines } = manifest('package.json');
  if (Number(process.versions.node.split('.')[0]) < 20) {
    throw new Stop(`Node ${process.versions.node} is too old: this needs ${engines.node}`);
  }
  say(`dependencies, with ${packageManager}`);
  const pnpm = ['install', '--frozen-lockfile', '--config.confirmModulesPurge=false'];
  // pnpm talks on standard output, which is not ours to fill.
  const status = await run('npm', ['exec', '--yes', `--package=${packageManager}`, '--', 'pnpm', ...pnpm], {
    stdio: ['ignore', 2, 2],
  });
  if (status !== 0) throw new Stop('error: the dependencies could not be installed; see above');
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, wanted);
}

/** Changes with everything that `pnpm install` reads, and with the Node that runs what it installs. */
function dependenciesHash() {
  const files = [
    'package.json',
    'pnpm-lock.yaml',
    'pnpm-workspace.yaml',
    ...readdirSync(`${root}packages`)
      .sort()
      .map((name) => `packages/${name}/package.json`)
      .filter((path) => existsSync(`${root}${path}`)),
  ];
  const hash = createHash('sha256').update(`${process.version} ${process.arch}`);
  for (const path of files) hash.update(`\0${path}\0`).update(readFileSync(`${root}${path}`));
  return hash.digest('hex');
}

/** Compiles by turbo, which knows from the content of all sources whether there is anything to do. */
async function compilePackages() {
  let output = '';
  const slow = setTimeout(() => say('compiling'), PATIENCE);
  const status = await runNode(
    'node_modules/turbo/bin/turbo',
    ['run', '//#build', '--output-logs=errors-only'],
    {
      onOutput: (text) => {
        output += text;
      },
    },
  );
  clearTimeout(slow);
  if (status !== 0) throw new Stop(`${output}\nerror: the packages could not be compiled; see above`);
}

/** @param {readonly HostPurpose[]} purposes */
async function installHost(purposes) {
  const { installHostPackages, missingHostPackages } = await import('@ic/toolchain');
  try {
    await installHostPackages(await missingHostPackages(purposes), {
      announce: (packages) => say(`host packages, with apt-get: ${packages.join(' ')}`),
      environment: proxies(),
      uid: process.getuid?.() ?? 0,
    });
  } catch (error) {
    const { message, hint } = /** @type {import('@ic/toolchain').ToolchainError} */ (error);
    throw new Stop(`error: ${message}${hint === undefined ? '' : `\nhint: ${hint}`}`);
  }
}

/** @returns {Record<string, string>} */
function proxies() {
  const names = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];
  return Object.fromEntries(names.flatMap((name) => (process.env[name] ? [[name, process.env[name]]] : [])));
}

/**
 * @param {string} path
 * @returns {{ packageManager: string, engines: { node: string } }}
 */
function manifest(path) {
  return JSON.parse(readFileSync(`${root}${path}`, 'utf8'));
}
