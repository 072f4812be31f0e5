import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '@ic/utils';

/** GnuPG with keys of a test. */
export interface Signer {
  /** Makes an ed25519 key and returns its fingerprint. `at` is GnuPG's time, `expires` such as `1d`. */
  generate(name: string, options?: { at?: string; expires?: string }): Promise<string>;
  /** Writes a key's public half to a file and returns its path. */
  export(fingerprint: string): Promise<string>;
  /** An armored signature, as repomd.xml.asc is. */
  detachSign(data: Uint8Array, fingerprint: string, at?: string): Promise<Buffer>;
  close(): Promise<void>;
}

export async function createSigner(): Promise<Signer> {
  const home = await mkdtemp(join(tmpdir(), 'ic-rpm-signer-'));
  let count = 0;
  const path = () => join(home, `file-${count++}`);
  const gpg = (args: readonly string[], at?: string) =>
    exec('gpg', [
      ...['--homedir', home, '--batch', '--yes', '--quiet', '--status-fd', '1'],
      ...['--pinentry-mode', 'loopback', '--passphrase', '', '--trust-model', 'always'],
      ...(at === undefined ? [] : ['--faked-system-time', at]),
      ...args,
    ]);
  return {
    async generate(name, { at, expires = 'never' } = {}) {
      const { stdout } = await gpg(['--quick-generate-key', name, 'ed25519', 'sign', expires], at);
      return /KEY_CREATED \w ([0-9A-F]+)/.exec(stdout)?.[1] ?? '';
    },
    async export(fingerprint) {
      const file = path();
      await gpg(['--output', file, '--export', fingerprint]);
      return file;
    },
    async detachSign(data, fingerprint, at) {
      const [input, output] = [path(), path()];
      await writeFile(input, data);
      await gpg(['--armor', '--local-user', fingerprint, '--output', output, '--detach-sign', input], at);
      return readFile(output);
    },
    async close() {
      await exec('gpgconf', ['--homedir', home, '--kill', 'all'], { allow: [0, 1, 2] });
      await rm(home, { recursive: true, force: true });
    },
  };
}
