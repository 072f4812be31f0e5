import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '@ic/utils';

/** A GnuPG home of a test, with an agent of its own. */
export interface Gnupg {
  readonly home: string;
  /** Makes a key and returns its fingerprint. `at` is GnuPG's time, `expires` a duration such as `1d` or `never`. */
  generate(name: string, options?: { algorithm?: string; at?: string; expires?: string }): Promise<string>;
  /** Adds a subkey for signing and returns its fingerprint. */
  addSubkey(fingerprint: string, algorithm?: string): Promise<string>;
  revoke(fingerprint: string): Promise<void>;
  exportKeys(fingerprints: readonly string[], armored?: boolean): Promise<Buffer>;
  clearSign(text: string, signers: readonly string[], options?: SignOptions): Promise<string>;
  detachSign(data: Uint8Array, signers: readonly string[], options?: SignOptions): Promise<Buffer>;
  /** Runs gpgv with the keys as its keyring; what it prints for programs. */
  gpgv(keys: Uint8Array, files: readonly Uint8Array[]): Promise<{ accepted: boolean; status: string }>;
  close(): Promise<void>;
}

export interface SignOptions {
  readonly digest?: string;
  readonly at?: string;
  readonly armored?: boolean;
}

export async function createGnupg(): Promise<Gnupg> {
  const home = await mkdtemp(join(tmpdir(), 'ic-gnupg-'));
  let files = 0;
  const file = (kind: string) => join(home, `${kind}-${files++}`);
  const gpg = (args: readonly string[], at?: string) =>
    exec('gpg', [
      ...['--homedir', home, '--batch', '--yes', '--no-tty', '--quiet', '--status-fd', '1'],
      ...['--pinentry-mode', 'loopback', '--passphrase', '', '--trust-model', 'always'],
      ...(at === undefined ? [] : ['--faked-system-time', at]),
      ...args,
    ]);
  const sign = async (
    kind: string,
    data: string | Uint8Array,
    signers: readonly string[],
    options: SignOptions,
  ) => {
    const [input, output] = [file('data'), file('signature')];
    await writeFile(input, data);
    const digest =
      options.digest === undefined ? [] : ['--digest-algo', options.digest, '--allow-weak-digest-algos'];
    const users = signers.flatMap((signer) => ['--local-user', signer]);
    const armor = options.armored === true ? ['--armor'] : [];
    await gpg([...digest, ...users, ...armor, '--output', output, kind, input], options.at);
    return readFile(output);
  };
  const created = (status: string) => /KEY_CREATED \w ([0-9A-F]+)/.exec(status)?.[1] ?? '';
  return {
    home,
    async generate(name, { algorithm = 'ed25519', at, expires = 'never' } = {}) {
      const { stdout } = await gpg(['--quick-generate-key', name, algorithm, 'sign', expires], at);
      return created(stdout);
    },
    async addSubkey(fingerprint, algorithm = 'ed25519') {
      return created((await gpg(['--quick-add-key', fingerprint, algorithm, 'sign', 'never'])).stdout);
    },
    async revoke(fingerprint) {
      const certificate = await readFile(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
      const path = file('revocation');
      await writeFile(path, certificate.replace(':-----BEGIN', '-----BEGIN'));
      await gpg(['--import', path]);
    },
    async exportKeys(fingerprints, armored = false) {
      const path = file('keys');
      await gpg([...(armored ? ['--armor'] : []), '--output', path, '--export', ...fingerprints]);
      return readFile(path);
    },
    async clearSign(text, signers, options = {}) {
      return (await sign('--clear-sign', text, signers, options)).toString('utf8');
    },
    detachSign: (data, signers, options = {}) => sign('--detach-sign', data, signers, options),
    async gpgv(keys, inputs) {
      const paths = [keys, ...inputs].map(() => file('gpgv'));
      await Promise.all([keys, ...inputs].map((bytes, index) => writeFile(paths[index] ?? '', bytes)));
      const args = ['--homedir', home, '--status-fd', '1', '--keyring', ...paths];
      const { status, stdout } = await exec('gpgv', args, { allow: [0, 1, 2] });
      const bad = /\[GNUPG:\] (BADSIG|EXPKEYSIG|REVKEYSIG|EXPSIG)/.test(stdout);
      return { accepted: status === 0 && stdout.includes('[GNUPG:] GOODSIG') && !bad, status: stdout };
    },
    async close() {
      await exec('gpgconf', ['--homedir', home, '--kill', 'all'], { allow: [0, 1, 2] });
      await rm(home, { recursive: true, force: true });
    },
  };
}
