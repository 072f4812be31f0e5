import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { PackageError, type PackageRef, PackageSolver } from '@ic/package-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DebIndex } from '../src/packages-index.js';
import { readPackagesTable } from '../src/packages-table.js';
import { resolve } from '../src/resolve/resolve.js';
import { createUniverse } from '../src/resolve/universe.js';

/**
 * Our solver against the reference programs, over the lists that apt keeps on a Debian host: `apt-get` in an empty
 * root, and `dose-debcheck`. Skipped where the lists or the programs are not there.
 */
const run = promisify(execFile);
const LISTS = '/var/lib/apt/lists';
const APT_HELPER = '/usr/lib/apt/apt-helper';
const BUFFER = { maxBuffer: 1 << 28 };

async function largestList(): Promise<string | undefined> {
  if (!existsSync(APT_HELPER)) return undefined;
  const names = await readdir(LISTS).catch(() => []);
  const name = names.find((one) => /_debian_dists_[a-z]+_main_binary-amd64_Packages(\.\w+)?$/.test(one));
  return name === undefined ? undefined : join(LISTS, name);
}

const IS_FULL = process.env.IC_TEST_FULL === '1';

/** Where all of it runs: requests of random packages, from 5 to 200 of them. */
const RANDOM_REQUESTS = Array.from({ length: 100 }, (_, index) => ({
  seed: index + 1,
  count: Math.round(5 * 40 ** (index / 99)),
}));

/** `count` names, the same ones for the same seed (a linear congruential generator: Numerical Recipes). */
function drawn(names: readonly string[], count: number, seed: number): string[] {
  let state = seed;
  const found = new Set<string>();
  while (found.size < count) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    found.add(names[Math.floor((state / 2 ** 32) * names.length)] ?? '');
  }
  return [...found];
}

const list = await largestList();
const hasDose = spawnSync('dose-debcheck', ['--version']).error === undefined;

const REQUESTS = [
  'systemd systemd-sysv systemd-resolved udev dbus linux-image-cloud-amd64 systemd-boot openssh-server ca-certificates sudo',
  'bash',
  'nginx',
  'postgresql php',
  'gnome-core',
  'kde-standard nginx postgresql php',
  'task-xfce-desktop',
  'exim4',
  'postfix mutt',
  'default-jre',
  'tomcat10',
  'podman',
  'build-essential',
  'python3-all-dev python3-numpy',
  'texlive-full',
  'libreoffice',
  'grub-efi-amd64 shim-signed',
  'network-manager',
  'apache2 libapache2-mod-php',
  'mariadb-server wordpress',
  'emacs',
  'openjdk-17-jdk maven',
  'default-mta',
  'qemu-system libvirt-daemon-system',
  'sysvinit-core',
  'ceph',
  'samba winbind',
  'dracut',
].map((request) => ({ request }));

describe.skipIf(list === undefined)('a request over all of a Debian suite', () => {
  let folder = '';
  let index: DebIndex;
  let essential: string[] = [];

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-resolve-'));
    const { stdout } = await run(APT_HELPER, ['cat-file', list ?? ''], { ...BUFFER, encoding: 'buffer' });
    await makeAptRoot(folder, stdout);
    const origin = { repository: 'debian', suite: 'main' };
    index = new DebIndex([{ ...origin, priority: 500, table: readPackagesTable(stdout, origin) }]);
    essential = [...new Set([...index.basePackages()].filter((pkg) => pkg.essential).map((pkg) => pkg.name))];
    await apt(folder, 'update');
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(REQUESTS)(
    '$request: complete in the eyes of apt, and no larger than what apt chooses',
    async ({ request }) => {
      const packages = request.split(' ');
      const solved = resolve(index, { packages, exclude: [], recommends: false }, 'amd64').packages;
      const ours = solved.map(({ name }) => name).sort();
      const theirs = await aptSet(folder, [...essential, ...packages]);
      const exact = await aptSet(
        folder,
        solved.map(({ name, version }) => `${name}=${version}`),
      );
      expect(exact).toEqual(ours);
      expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.01);
    },
  );

  it.skipIf(!IS_FULL).each(RANDOM_REQUESTS)(
    '$count random packages (seed $seed): complete in the eyes of apt, and no larger; what contradicts, apt refuses too',
    { timeout: 120_000 },
    async ({ seed, count }) => {
      let packages = drawn([...index.names()].sort(), count, seed);
      let solved = solve(index, packages);
      while (solved.contradicting.length > 0) {
        const { contradicting } = solved;
        // Apt refuses this alone as well. The request goes on without the last of it.
        await expect(aptSet(folder, [...essential, ...contradicting])).rejects.toThrow();
        packages = packages.filter((name) => name !== contradicting.at(-1));
        solved = solve(index, packages);
      }
      const ours = solved.packages.map((pkg) => pkg.name).sort();
      const exact = await aptSet(
        folder,
        solved.packages.map(({ name, version }) => `${name}=${version}`),
      );
      expect(exact).toEqual(ours);
      // apt takes the first alternative and never goes back: there are requests that it gives up.
      const theirs = await aptSet(folder, [...essential, ...packages]).catch(() => undefined);
      if (theirs === undefined) return;
      expect(ours.length).toBeLessThanOrEqual(theirs.length * 1.01);
    },
  );

  it.skipIf(!hasDose || !IS_FULL)('agrees with dose-debcheck about every single package', async () => {
    const universe = createUniverse(index, {
      architecture: 'amd64',
      recommends: false,
      excludedBy: () => undefined,
      isLocked: () => false,
    });
    const solver = new PackageSolver(universe);
    const ours = [...index.all()].filter(
      (pkg) => !solver.solve([{ kind: 'requirement', anyOf: [pkg], because: pkg.name }]).solved,
    );
    const dose = ['--deb-native-arch=amd64', '--failures', join(folder, 'repository', 'Packages')];
    // Its exit status is not 0 when packages are broken.
    const { stdout } = await run('dose-debcheck', dose, BUFFER).catch((error) => error);
    const theirs = [...String(stdout).matchAll(/^ *package: (\S+)$/gm)].map((match) => match[1]);
    expect(theirs.length).toBeGreaterThan(0);
    expect(ours.map((pkg) => pkg.name).sort()).toEqual(theirs.sort());
  });
});

/** The set for a request, or else those names of it that contradict each other. */
function solve(
  index: DebIndex,
  packages: readonly string[],
): { packages: readonly PackageRef[]; contradicting: readonly string[] } {
  try {
    const { packages: chosen } = resolve(index, { packages, exclude: [], recommends: false }, 'amd64');
    return { packages: chosen, contradicting: [] };
  } catch (error) {
    if (!(error instanceof PackageError) || error.code !== 'PACKAGE_UNSOLVABLE') throw error;
    const reasons = error.details.reasons as readonly string[];
    const contradicting = reasons.flatMap((reason) => /^(\S+) is asked for$/.exec(reason)?.[1] ?? []);
    if (contradicting.length === 0) throw error;
    return { packages: [], contradicting };
  }
}

async function makeAptRoot(folder: string, packages: Buffer): Promise<void> {
  for (const path of ['lists/partial', 'cache/archives/partial', 'etc', 'state', 'repository']) {
    await mkdir(join(folder, path), { recursive: true });
  }
  await writeFile(join(folder, 'repository', 'Packages'), packages);
  await writeFile(join(folder, 'state', 'status'), '');
  await writeFile(join(folder, 'etc', 'sources.list'), `deb [trusted=yes] file:${folder}/repository ./\n`);
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

async function apt(folder: string, ...args: readonly string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C', APT_CONFIG: join(folder, 'apt.conf') };
  const { stdout } = await run('apt-get', args, { ...BUFFER, env });
  return stdout;
}

/** The names of what apt would install into an empty root. */
async function aptSet(folder: string, packages: readonly string[]): Promise<string[]> {
  const output = await apt(folder, '--print-uris', '-y', 'install', ...packages);
  return [...output.matchAll(/^'[^']*' ([^_\s]+)_/gm)].map((match) => match[1] ?? '').sort();
}
