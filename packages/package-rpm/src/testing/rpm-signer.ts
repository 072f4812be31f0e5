import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec, SYSTEM_PATH } from '@ic/utils';

export interface SigningKey {
  readonly fingerprint: string;
  /** Absolute path of its public half. */
  readonly file: string;
}

/** GnuPG with keys of a test, for bytes and, through rpmsign, for packages. */
export interface RpmSigner {
  readonly home: string;
  /** `at` is GnuPG's time, such as `20240101T000000`; `algorithm` such as rsa2048, ed25519, nistp256. */
  generate(name: string, algorithm: string, at?: string): Promise<SigningKey>;
  /** Lets a key expire, at GnuPG's time `at`, and writes its public half anew. */
  expire(key: SigningKey, expires: string, at: string): Promise<SigningKey>;
  /** A binary detached signature. */
  sign(data: Uint8Array, key: SigningKey, options?: SignOptions): Promise<Buffer>;
  /** The same of version 3, by GnuPG 1. */
  signOld(data: Uint8Array, key: SigningKey): Promise<Buffer>;
  /** Signs a package in place. */
  signRpm(path: string, key: SigningKey, options?: SignOptions): Promise<void>;
  close(): Promise<void>;
}

export interface SignOptions {
  readonly at?: string | undefined;
  /** Default SHA256. */
  readonly digest?: string | undefined;
}

export async function createRpmSigner(): Promise<RpmSigner> {
  const home = await mkdtemp(join(tmpdir(), 'ic-rpmsigner-'));
  let count = 0;
  const path = (kind: string) => join(home, `${kind}-${count++}`);
  const faked = (at: string | undefined) => (at === undefined ? [] : ['--faked-system-time', at]);
  const gpg = (args: readonly string[], at?: string) =>
    exec('gpg', [
      ...['--homedir', home, '--batch', '--yes', '--quiet', '--status-fd', '1'],
      ...['--pinentry-mode', 'loopback', '--passphrase', '', '--trust-model', 'always'],
      ...faked(at),
      ...args,
    ]);
  const exported = async (fingerprint: string): Promise<SigningKey> => {
    const file = path('key');
    await gpg(['--armor', '--output', file, '--export', fingerprint]);
    return { fingerprint, file };
  };
  return {
    home,
    async generate(name, algorithm, at) {
      const { stdout } = await gpg(['--quick-generate-key', name, algorithm, 'sign', 'never'], at);
      return exported(/KEY_CREATED \w ([0-9A-F]+)/.exec(stdout)?.[1] ?? '');
    },
    async expire({ fingerprint }, expires, at) {
      await gpg(['--quick-set-expire', fingerprint, expires], at);
      return exported(fingerprint);
    },
    async sign(data, { fingerprint }, { at, digest = 'SHA256' } = {}) {
      const [input, output] = [path('data'), path('signature')];
      await writeFile(input, data);
      const algorithm = ['--digest-algo', digest, '--allow-weak-digest-algos'];
      await gpg([...algorithm, '--local-user', fingerprint, '--output', output, '--detach-sign', input], at);
      return readFile(output);
    },
    async signOld(data, { fingerprint }) {
      const [input, output, secret] = [path('data'), path('signature'), path('secret')];
      await writeFile(input, data);
      await gpg(['--output', secret, '--export-secret-keys', fingerprint]);
      const old = join(home, 'gpg1');
      await mkdir(old, { recursive: true, mode: 0o700 });
      const gpg1 = (...args: readonly string[]) =>
        exec('gpg1', ['--homedir', old, '--batch', '--yes', '--quiet', '--no-tty', ...args]);
      await gpg1('--import', secret);
      const version3 = ['--force-v3-sigs', '--digest-algo', 'SHA256', '--local-user', fingerprint];
      await gpg1(...version3, '--output', output, '--detach-sign', input);
      return readFile(output);
    },
    async signRpm(file, { fingerprint }, { at, digest = 'SHA256' } = {}) {
      const extra = ['--batch', '--pinentry-mode', 'loopback', '--passphrase', "''", ...faked(at)].join(' ');
      const defines = {
        __gpg: '/usr/bin/gpg',
        _gpg_name: fingerprint,
        _gpg_path: home,
        _gpg_digest_algo: digest.toLowerCase(),
        _gpg_sign_cmd_extra_args: extra,
        _dbpath: join(home, 'db'),
      };
      const args = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
      await exec('rpmsign', ['--addsign', ...args, file], { env: { HOME: home, PATH: SYSTEM_PATH } });
    },
    async close() {
      await exec('gpgconf', ['--homedir', home, '--kill', 'all'], { allow: [0, 1, 2] });
      await rm(home, { recursive: true, force: true });
    },
  };
}
