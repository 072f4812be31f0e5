import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { $, which } from 'zx';

/** A test key of GnuPG in a home of its own. */
export interface SigningKey {
  /** 40 upper-case hex digits. */
  readonly fingerprint: string;
  /** Writes the public half, binary or with ASCII armour. */
  exportPublic(path: string, form: 'binary' | 'armor'): Promise<void>;
  /** Writes `text` and its signature in one file, as InRelease is. */
  clearSign(text: string, path: string): Promise<void>;
  /** Writes an armoured signature over `text`, as Release.gpg is. */
  detachSign(text: string, path: string): Promise<void>;
  /** Signs RPM packages in place, with rpmsign. */
  signPackages(paths: readonly string[]): Promise<void>;
}

/** The key whose home is `home`, made there the first time. It protects nothing: it has no passphrase. */
export async function signingKey(
  home: string,
  userId: string,
  algorithm: 'rsa3072' | 'rsa4096' = 'rsa3072',
): Promise<SigningKey> {
  if (!existsSync(home)) {
    const unfinished = `${home}.new`;
    await rm(unfinished, { recursive: true, force: true });
    await mkdir(unfinished, { recursive: true, mode: 0o700 });
    await gpg(unfinished, ['--quick-generate-key', userId, algorithm, 'sign', 'never']);
    await rename(unfinished, home);
  }
  const listing = await gpg(home, ['--with-colons', '--list-keys']);
  const fingerprint = /^fpr:+([0-9A-F]{40}):/m.exec(listing)?.[1];
  if (fingerprint === undefined) throw new Error(`there is no key in ${home}`);
  return {
    fingerprint,
    async exportPublic(path, form) {
      await gpg(home, ['--output', path, ...(form === 'armor' ? ['--armor'] : []), '--export', fingerprint]);
    },
    async clearSign(text, path) {
      await gpg(home, ['--output', path, '--clear-sign'], text);
    },
    async detachSign(text, path) {
      await gpg(home, ['--output', path, '--armor', '--detach-sign'], text);
    },
    async signPackages(paths) {
      const macros = { _gpg_name: fingerprint, _gpg_path: home, __gpg: await which('gpg') };
      const defines = Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
      try {
        await $({ quiet: true })`rpmsign --addsign ${defines} ${paths}`;
      } finally {
        await stopAgent(home);
      }
    },
  };
}

/** Runs gpg, and ends the agent that it started: its socket's folder may be renamed or removed afterwards. */
async function gpg(home: string, args: readonly string[], input = ''): Promise<string> {
  const quiet = $({ quiet: true, input });
  const unattended = ['--batch', '--yes', '--no-tty', '--pinentry-mode', 'loopback', '--passphrase', ''];
  try {
    const { stdout } = await quiet`gpg --homedir ${home} ${unattended} ${args}`;
    return stdout;
  } finally {
    await stopAgent(home);
  }
}

async function stopAgent(home: string): Promise<void> {
  await $({ quiet: true })`gpgconf --homedir ${home} --kill all`.nothrow();
}
