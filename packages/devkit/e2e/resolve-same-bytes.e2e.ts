import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { $ } from 'zx';
import { type SigningKey, signingKey } from '../src/signing-key.js';

/**
 * What `ic resolve --packages` prints is a function of packages and request: not of the order in which the index has
 * them, nor of the locale or time zone. Over the list that apt keeps on a Debian host; skipped where it is not there.
 */
const LISTS = '/var/lib/apt/lists';
const APT_HELPER = '/usr/lib/apt/apt-helper';
const quiet = $({ quiet: true, nothrow: true });
const IC = fileURLToPath(new URL('../../cli/bin/ic.js', import.meta.url));
const SHIPPED = fileURLToPath(new URL('../../toolchain/os/debian/debian12', import.meta.url));

const names = existsSync(APT_HELPER) ? await readdir(LISTS).catch(() => []) : [];
const list = names.find((name) => /_debian_dists_bookworm_main_binary-amd64_Packages(\.\w+)?$/.test(name));

const REQUESTS = [
  ['systemd', 'openssh-server', 'linux-image-cloud-amd64'],
  ['kde-standard', 'nginx', 'postgresql', 'php'],
  ['openssh-*', 'default-mta', 'mawk'],
  ['systemd-sysv', 'sysvinit-core'],
];

/** The order of the index, and where it is read. */
const RUNS = [
  { seed: 0, env: { LC_ALL: 'C', TZ: 'UTC' } },
  { seed: 1, env: { LC_ALL: 'tr_TR.UTF-8', TZ: 'Pacific/Kiritimati' } },
  { seed: 2, env: { LC_ALL: 'sv_SE.UTF-8', TZ: 'America/St_Johns' } },
];

describe.skipIf(list === undefined)('ic resolve --packages', () => {
  let folder = '';
  let key: SigningKey;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-same-bytes-'));
    key = await signingKey(join(folder, 'gnupg'), 'Same bytes <tests@localhost>');
    await key.exportPublic(join(folder, 'key.gpg'), 'binary');
    const { stdout } = await quiet`${APT_HELPER} cat-file ${join(LISTS, list ?? '')}`;
    const stanzas = stdout.split('\n\n').filter((stanza) => stanza.trim() !== '');
    for (const { seed } of RUNS) await publish(folder, key, { seed, stanzas: shuffled(stanzas, seed) });
  }, 120_000);
  afterAll(() => rm(folder, { recursive: true, force: true }));

  it.each(REQUESTS.map((packages) => ({ packages })))(
    '$packages: the same bytes from a shuffled index, in other locales and time zones',
    { timeout: 120_000 },
    async ({ packages }) => {
      const answers: { exitCode: number | null; stdout: string; stderr: string }[] = [];
      for (const { seed, env } of RUNS) {
        const run = join(folder, String(seed));
        const flags = ['--quiet', '--cache-dir', join(run, 'cache'), '--target-dir', join(run, 'targets')];
        const sets = {
          'systemConfig.packages': packages,
          'systemConfig.kernel.packages': [],
          'systemConfig.services.enable': [],
        };
        for (const [name, value] of Object.entries(sets))
          flags.push('--set', `${name}=${JSON.stringify(value)}`);
        // Through `env`: the shell in between would complain of locales that are not installed.
        const settings = Object.entries(env).map(([name, value]) => `${name}=${value}`);
        const command = [process.execPath, IC, 'resolve', join(run, 't.yml'), '--packages'];
        const { exitCode, stdout, stderr } = await quiet`env ${settings} ${command} ${flags}`;
        answers.push({ exitCode, stdout, stderr });
      }
      const [first] = answers;
      const isSolvable = !packages.includes('sysvinit-core');
      expect(first?.exitCode, first?.stderr).toBe(isSolvable ? 0 : 2);
      expect(isSolvable ? first?.stdout : first?.stderr).not.toBe('');
      for (const answer of answers) expect(answer).toEqual(first);
    },
  );
});

/** A repository with these stanzas, a target that reads it alone, and a template. */
async function publish(
  folder: string,
  key: SigningKey,
  { seed, stanzas }: { seed: number; stanzas: readonly string[] },
): Promise<void> {
  const run = join(folder, String(seed));
  const suite = join(run, 'mirror/dists/bookworm');
  await mkdir(join(suite, 'main/binary-amd64'), { recursive: true });
  const bytes = Buffer.from(`${stanzas.join('\n\n')}\n`);
  await writeFile(join(suite, 'main/binary-amd64/Packages'), bytes);
  const hash = createHash('sha256').update(bytes).digest('hex');
  const release = `Suite: bookworm\nArchitectures: amd64\nComponents: main\nSHA256:\n ${hash} ${bytes.length} main/binary-amd64/Packages\n`;
  await key.clearSign(release, join(suite, 'InRelease'));

  const target = join(run, 'targets/debian/debian12');
  await cp(SHIPPED, target, { recursive: true });
  const repository = {
    name: 'debian',
    url: `file://${join(run, 'mirror')}`,
    suites: ['bookworm'],
    components: ['main'],
    keySources: [join(folder, 'key.gpg')],
    fingerprints: [key.fingerprint],
  };
  const data = {
    title: 'Debian 12, shuffled',
    family: 'deb',
    osRelease: { id: 'debian' },
    architectures: { x86_64: 'amd64' },
    repositories: [repository],
  };
  // JSON is YAML.
  await writeFile(join(target, 'target.yml'), JSON.stringify(data));
  const template = {
    image: { name: 'same', version: '1' },
    target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
  };
  await writeFile(join(run, 't.yml'), JSON.stringify(template));
}

/** In another order for each seed but 0 (Fisher and Yates; a linear congruential generator: Numerical Recipes). */
function shuffled(stanzas: readonly string[], seed: number): string[] {
  const order = [...stanzas];
  if (seed === 0) return order;
  let state = seed;
  for (let last = order.length - 1; last > 0; last -= 1) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    const other = Math.floor((state / 2 ** 32) * (last + 1));
    [order[last], order[other]] = [order[other] ?? '', order[last] ?? ''];
  }
  return order;
}
