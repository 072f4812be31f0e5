import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import type { ResolveOptions } from '@ic/compose';
import { type ClientCertificate, type FetcherOptions, type Login, readLogins } from '@ic/utils';
import { usageError } from './errors.js';
import type { Io } from './io.js';
import { defaultCacheDir } from './template-request.js';

/** Options shared by the commands that read repositories, as commander gives them. */
export interface RepositoryFlags {
  readonly cacheDir?: string | undefined;
  readonly offline: boolean;
  readonly at?: Date | undefined;
  readonly allowRollback: boolean;
  readonly connections?: number | undefined;
  readonly ca: readonly string[];
  readonly clientCert: readonly string[];
  readonly clientKey: readonly string[];
  readonly authFile: readonly string[];
}

/**
 * Where downloads are kept and how servers are reached: what the arguments say, the proxies of the environment, and the
 * logins that apt and curl have on this machine. The one place that reads these.
 *
 * @throws CliError USAGE for a file that cannot be read, or a key without its certificate
 */
export async function resolveOptions(flags: RepositoryFlags, env: Io['env']): Promise<ResolveOptions> {
  return {
    cacheDir: resolve(flags.cacheDir ?? defaultCacheDir(env)),
    offline: flags.offline,
    at: flags.at,
    allowRollback: flags.allowRollback,
    transport: await transport(flags, env),
  };
}

async function transport(flags: RepositoryFlags, env: Io['env']): Promise<FetcherOptions> {
  const authorities = await Promise.all(flags.ca.map((path) => textOf('--ca', path, path)));
  // Authorities that are given replace what Node has from its environment.
  if (authorities.length > 0) authorities.push(await textIfReadable(env.NODE_EXTRA_CA_CERTS ?? ''));
  return {
    connectionsPerHost: flags.connections,
    ca: authorities.length === 0 ? undefined : authorities.join('\n'),
    clientCertificates: await clientCertificates(flags),
    proxies: proxiesOf(env),
    logins: flags.authFile.length === 0 ? await defaultLogins(env) : await loginsOf(flags.authFile),
  };
}

/** As curl reads them, but HTTP_PROXY in capitals too: nobody runs this as a CGI program. */
function proxiesOf(env: Io['env']): FetcherOptions['proxies'] {
  const variable = (name: string) => env[name] || env[name.toUpperCase()];
  const all = variable('all_proxy');
  return {
    https: variable('https_proxy') || all,
    http: variable('http_proxy') || all,
    bypass: variable('no_proxy'),
  };
}

async function loginsOf(paths: readonly string[]): Promise<Login[]> {
  const texts = await Promise.all(paths.map((path) => textOf('--auth-file', path, path)));
  return texts.flatMap(readLogins);
}

/** Those of apt and ~/.netrc that this user may read. A password for every server is not taken from there: nobody asked for it here. */
async function defaultLogins(env: Io['env']): Promise<Login[]> {
  const folder = '/etc/apt/auth.conf.d';
  const names = await readdir(folder).catch(() => []);
  const parts = names.filter((name) => name.endsWith('.conf')).sort();
  const paths = [
    join(env.HOME ?? homedir(), '.netrc'),
    '/etc/apt/auth.conf',
    ...parts.map((name) => join(folder, name)),
  ];
  const texts = await Promise.all(paths.map(textIfReadable));
  return texts.flatMap(readLogins).filter(({ place }) => place !== '*');
}

async function clientCertificates(flags: RepositoryFlags): Promise<ClientCertificate[]> {
  const keys = new Map(flags.clientKey.map((text) => Object.values(hostAndFile(text)) as [string, string]));
  const made = flags.clientCert.map(async (text): Promise<ClientCertificate> => {
    const { host, file } = hostAndFile(text);
    const keyFile = keys.get(host) ?? file;
    keys.delete(host);
    return {
      host: host === '' ? undefined : host,
      certificate: await textOf('--client-cert', file, file),
      // Where a private key is kept is nobody's business.
      key: await textOf('--client-key', keyFile, 'the file'),
    };
  });
  const [unused] = keys.keys();
  if (unused !== undefined) {
    throw usageError(
      `--client-key${unused === '' ? '' : ` for ${unused}`} has no certificate`,
      'name the certificate with --client-cert, for the same host',
    );
  }
  return Promise.all(made);
}

/** `FILE` or `HOST[:PORT]=FILE`. */
function hostAndFile(text: string): { readonly host: string; readonly file: string } {
  const match = /^([a-z0-9.-]+(?::\d+)?|\[[0-9a-f:]+\](?::\d+)?)=(.+)$/i.exec(text);
  return { host: match?.[1]?.toLowerCase() ?? '', file: match?.[2] ?? text };
}

async function textOf(flag: string, path: string, shown: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw usageError(`${flag}: ${shown} cannot be read (${code})`, 'check the path and who may read it');
  }
}

async function textIfReadable(path: string): Promise<string> {
  return path === '' ? '' : readFile(path, 'utf8').catch(() => '');
}
