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
  clearSign(text: string, fingerprint: string, at?: string): Promise<Buffer>;
  /** Armored, as apt wants it. */
  detachSign(text: string, fingerprint: string): Promise<Buffer>;
  close(): Promise<void>;
}

export async function createSigner(): Promise<Signer> {
  const home = await mkdtemp(join(tmpdir(), 'ic-signer-'));
  let count = 0;
  const path = () => join(home, `file-${count++}`);
  const gpg = (args: readonly string[], at?: string) =>
    exec('gpg', [
      ...['--homedir', home, '--batch', '--yes', '--quiet', '--status-fd', '1'],
      ...['--pinentry-mode', 'loopback', '--passphrase', '', '--trust-model', 'always'],
      ...(at === undefined ? [] : ['--faked-system-time', at]),
      ...args,
    ]);
  const sign = async (kind: readonly string[], text: string, fingerprint: string, at?: string) => {
    const [input, output] = [path(), path()];
    await writeFile(input, text);
    await gpg(['--local-user', fingerprint, '--output', output, ...kind, input], at);
    return readFile(output);
  };
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
    clearSign: (text, fingerprint, at) => sign(['--clear-sign'], text, fingerprint, at),
    detachSign: (text, fingerprint) => sign(['--armor', '--detach-sign'], text, fingerprint),
    async close() {
      await exec('gpgconf', ['--homedir', home, '--kill', 'all'], { allow: [0, 1, 2] });
      await rm(home, { recursive: true, force: true });
    },
  };
}
