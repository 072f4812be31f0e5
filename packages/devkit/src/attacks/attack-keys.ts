import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '@ic/utils';

/** What is signed with: `own` is pinned for the repository under attack, `foreign` for another one. */
export type AttackKey = 'own' | 'foreign' | 'stranger' | 'expired' | 'revoked' | 'weak';

export interface AttackKeys {
  /** Upper-case hex. */
  readonly fingerprints: Readonly<Record<AttackKey, string>>;
  /** Paths of the public halves. */
  readonly files: Readonly<Record<AttackKey, string>>;
  clearSign(text: string, key: AttackKey, options?: SignOptions): Promise<Buffer>;
  /** Armored, or binary as packages have it. */
  detachSign(data: Uint8Array, key: AttackKey, options?: SignOptions): Promise<Buffer>;
  close(): Promise<void>;
}

export interface SignOptions {
  readonly digest?: 'SHA1' | undefined;
  readonly binary?: boolean | undefined;
}

/** When the expired key was valid, in GnuPG's form. */
const ITS_TIME = '20200101T000000';

/** Keys of every kind that must not count, and two that do, made with GnuPG; for a whole run of attacks. */
export async function makeAttackKeys(): Promise<AttackKeys> {
  const home = await mkdtemp(join(tmpdir(), 'ic-attack-keys-'));
  let count = 0;
  const path = () => join(home, `file-${count++}`);
  const gpg = (args: readonly string[], { at, homedir = home }: { at?: string; homedir?: string } = {}) =>
    exec('gpg', [
      ...['--homedir', homedir, '--batch', '--yes', '--quiet', '--no-tty', '--status-fd', '1'],
      ...['--pinentry-mode', 'loopback', '--passphrase', ''],
      // With another model an import of a revocation asks for a trust database.
      ...['--trust-model', homedir === home ? 'always' : 'pgp'],
      ...(at === undefined ? [] : ['--faked-system-time', at]),
      ...args,
    ]);
  const generate = async (name: string, algorithm: string, expires: string, at?: string) => {
    const args = ['--quick-generate-key', `${name} <tests@localhost>`, algorithm, 'sign', expires];
    const { stdout } = await gpg(args, at === undefined ? {} : { at });
    return /KEY_CREATED \w ([0-9A-F]+)/.exec(stdout)?.[1] ?? '';
  };
  const exported = async (fingerprint: string, homedir = home) => {
    const file = path();
    await gpg(['--output', file, '--export', fingerprint], { homedir });
    return file;
  };
  /** The key as it is after its owner revoked it; the one in `home` can still sign. */
  const revoked = async (fingerprint: string) => {
    const homedir = join(home, 'revoked');
    await mkdir(homedir, { mode: 0o700 });
    await gpg(['--import', await exported(fingerprint)], { homedir });
    const certificate = await readFile(join(home, 'openpgp-revocs.d', `${fingerprint}.rev`), 'utf8');
    const file = path();
    await writeFile(file, certificate.replace(':-----BEGIN', '-----BEGIN'));
    await gpg(['--import', file], { homedir });
    return exported(fingerprint, homedir);
  };
  const fingerprints = {
    own: await generate('Own', 'ed25519', 'never'),
    foreign: await generate('Foreign', 'ed25519', 'never'),
    stranger: await generate('Stranger', 'ed25519', 'never'),
    expired: await generate('Expired', 'ed25519', '30d', ITS_TIME),
    revoked: await generate('Revoked', 'ed25519', 'never'),
    weak: await generate('Weak', 'rsa1024', 'never'),
  };
  const files = {
    own: await exported(fingerprints.own),
    foreign: await exported(fingerprints.foreign),
    stranger: await exported(fingerprints.stranger),
    expired: await exported(fingerprints.expired),
    revoked: await revoked(fingerprints.revoked),
    weak: await exported(fingerprints.weak),
  };
  const sign = async (
    kind: readonly string[],
    data: string | Uint8Array,
    key: AttackKey,
    digest?: string,
  ) => {
    const [input, output] = [path(), path()];
    await writeFile(input, data);
    const weak = digest === undefined ? [] : ['--digest-algo', digest, '--allow-weak-digest-algos'];
    const args = [...weak, '--local-user', fingerprints[key], '--output', output, ...kind, input];
    await gpg(args, key === 'expired' ? { at: ITS_TIME } : {});
    return readFile(output);
  };
  return {
    fingerprints,
    files,
    clearSign: (text, key, { digest } = {}) => sign(['--clear-sign'], text, key, digest),
    detachSign: (data, key, { digest, binary = false } = {}) =>
      sign([...(binary ? [] : ['--armor']), '--detach-sign'], data, key, digest),
    async close() {
      for (const homedir of [home, join(home, 'revoked')]) {
        await exec('gpgconf', ['--homedir', homedir, '--kill', 'all'], { allow: [0, 1, 2] });
      }
      await rm(home, { recursive: true, force: true });
    },
  };
}
