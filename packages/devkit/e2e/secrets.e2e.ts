import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Composer, startComposer } from '../src/composer.js';
import { type GuardedMirror, startGuardedMirror } from '../src/guarded-mirror.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { type SmallRepository, startSmallRepository } from '../src/small-repository.js';
import { SMALL_TEMPLATE } from './small-template.js';

const skipped = await lackingPackages(['bubblewrap', 'openssl', 'apt-utils', 'gpg']);

const PAIRS = {
  template: 'bob:in-the-template',
  authFile: 'alice:in-the-auth-file',
  apt: 'dave:of-this-hosts-apt',
  proxy: 'carol:of-the-proxy',
};

/** What a command said, and what any other process showed of itself while it ran. */
interface Watched {
  readonly said: string;
  readonly shown: string;
}

describe.skipIf(skipped !== '')(`secrets of a build that succeeds${skipped}`, () => {
  let composer: Composer;
  let small: SmallRepository;
  let guarded: GuardedMirror;
  let folder = '';
  let template = '';
  let secrets: string[] = [];
  const inFolder = (name: string) => join(folder, name);

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-secrets-'));
    composer = await startComposer();
    await mkdir(inFolder('repository'));
    small = await startSmallRepository({ folder: inFolder('repository'), packages: 2 });
    const { certificates } = composer.mirror;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
    const files = ['-keyout', inFolder('client-secret.key'), '-out', inFolder('client.pem')];
    await exec('openssl', ['req', '-x509', ...key, '-subj', '/CN=client', ...files]);
    const debian = [PAIRS.authFile, PAIRS.apt];
    guarded = await startGuardedMirror({
      ...{ certificates, clientCertificate: inFolder('client.pem'), proxyUser: PAIRS.proxy },
      readers: { debian, 'debian-security': debian, small: [PAIRS.template] },
      servers: {
        debian: composer.mirror.url('debian'),
        'debian-security': composer.mirror.url('debian-security'),
        small: small.url,
      },
    });
    template = inFolder('template.yml');
    await writeFile(
      template,
      `${SMALL_TEMPLATE}  packages: [pkg-0, pkg-1]
packageRepositories:
  - codename: stable
    url: https://${PAIRS.template}@${guarded.place}/small
    pkey: ${small.keyFile}
    component: main
  - codename: vendor
    packages: ["https://${PAIRS.template}@${guarded.place}/small/pool/main/pkg-0_1_all.deb"]
    priority: 1001
`,
    );
    const [alice = '', password = ''] = PAIRS.authFile.split(':');
    await writeFile(inFolder('auth.conf'), `machine ${guarded.place} login ${alice} password ${password}\n`);
    const apt = ['', '-security'].map(
      (more) => `deb https://${PAIRS.apt}@${guarded.place}/debian${more} bookworm${more} main\n`,
    );
    await mkdir(inFolder('apt'));
    await writeFile(inFolder('apt/sources.list'), apt.join(''));
    const pem = (await readFile(inFolder('client-secret.key'), 'utf8')).split('\n');
    secrets = [
      ...Object.values(PAIRS).flatMap((pair) => [
        pair.replace(/^.*:/, ''),
        Buffer.from(pair).toString('base64'),
        encodeURIComponent(pair),
      ]),
      ...['client-secret.key', ...pem.slice(1, -2)],
    ];
  });
  afterAll(async () => {
    await guarded?.close();
    await small?.close();
    await composer?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Runs `ic` on the host, or one whose apt has other sources. */
  async function watched(
    args: readonly string[],
    host: 'this host' | 'a host with passwords in apt',
  ): Promise<Watched> {
    const ic = fileURLToPath(new URL('../../cli/bin/ic.js', import.meta.url));
    const own = ['--cache-dir', inFolder('cache'), '--trust-key', small.fingerprint];
    const client = ['--client-cert', inFolder('client.pem'), '--client-key', inFolder('client-secret.key')];
    const command = [process.execPath, ic, ...args, ...own, ...client];
    const inside = ['--mount', '--map-root-user', 'sh', '-c', 'mount --bind "$0" /etc/apt && exec "$@"'];
    const [program = '', ...rest] =
      host === 'this host' ? command : ['unshare', ...inside, inFolder('apt'), ...command];
    const child = spawn(program, rest, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        PATH: process.env.PATH,
        HOME: homedir(),
        NODE_EXTRA_CA_CERTS: composer.mirror.certificates.caFile,
        HTTPS_PROXY: `http://${PAIRS.proxy}@${guarded.proxyPlace}`,
      },
    });
    let said = '';
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk) => {
        said += String(chunk);
      });
    }
    const seen = new Set<string>();
    let status: number | null | undefined;
    child.once('close', (code) => {
      status = code;
    });
    while (status === undefined) {
      for (const text of await processesBut(child.pid ?? 0)) seen.add(text);
      await sleep(20);
    }
    expect(status, said).toBe(0);
    return { said, shown: [...seen].join('\n') };
  }

  function hold(text: string): void {
    for (const secret of secrets) expect(text.includes(secret), `${secret} in ${text}`).toBe(false);
  }

  /** Names of files, below a folder, with a secret in name or content. */
  async function leaking(path: string): Promise<string[]> {
    const patterns = secrets.flatMap((secret) => ['-e', secret]);
    const { stdout } = await exec('grep', ['-r', '-l', '-a', '-F', ...patterns, path], { allow: [0, 1] });
    const names = await readdir(path, { recursive: true });
    return [
      ...stdout.split('\n'),
      ...names.filter((name) => secrets.some((one) => name.includes(one))),
    ].filter((name) => name !== '');
  }

  it('that this host’s apt, the template and the environment have: nothing of them is said, shown or kept', async () => {
    const { said, shown } = await watched(['lock', template, '-v'], 'a host with passwords in apt');
    for (const pair of [PAIRS.apt, PAIRS.template, PAIRS.proxy]) expect(guarded.answered).toContain(pair);
    hold(said);
    hold(shown);
    expect(await leaking(inFolder('cache'))).toEqual([]);
    hold(await readFile(`${template}.lock.json`, 'utf8'));
    const memory = await readFile(inFolder('cache/metadata/host-mirrors.json'), 'utf8');
    expect(memory).toContain(`https://${guarded.place}/debian`);
  });

  it('that an auth file, the template and the environment have: nor by a build with its programs', async () => {
    const mirrors = ['debian', 'debian-security'].flatMap((name) => [
      ...['--mirror', `${name}=https://${guarded.place}/${name}`],
    ]);
    const more = ['--auth-file', inFolder('auth.conf'), '--output-dir', inFolder('out'), '-v', '--json'];
    const { said, shown } = await watched(['build', template, ...mirrors, ...more], 'this host');
    expect(guarded.answered).toContain(PAIRS.authFile);
    // What was watched is what runs inside of the namespaces too.
    expect(shown).toContain('unshare');
    expect(shown).toContain('dpkg');
    hold(said);
    hold(shown);
    expect(await leaking(inFolder('cache'))).toEqual([]);
    const made = await readdir(inFolder('out'));
    const manifest = made.find((name) => name.endsWith('.manifest.json')) ?? '';
    const { packages, repositories } = JSON.parse(await readFile(inFolder(join('out', manifest)), 'utf8'));
    expect(packages).toContainEqual(
      expect.objectContaining({ name: 'pkg-0', repository: 'vendor', location: 'pkg-0_1_all.deb' }),
    );
    expect(repositories).toContainEqual(expect.objectContaining({ name: 'vendor', trust: 'local' }));
    expect(await leaking(inFolder('out'))).toEqual([]);
  });
});

/** Arguments and environment of every process but one, and but what that has forked a moment ago: its own still. */
async function processesBut(pid: number): Promise<string[]> {
  const show = async (id: string) => {
    const [line, environment] = await Promise.all(
      ['cmdline', 'environ'].map((name) => readFile(`/proc/${id}/${name}`, 'latin1').catch(() => '')),
    );
    return { line, text: `${line}\n${environment}` };
  };
  const own = await show(String(pid));
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name) && name !== String(pid));
  const shown = await Promise.all(ids.map(show));
  return shown.filter(({ line }) => line !== own.line).map(({ text }) => text);
}
