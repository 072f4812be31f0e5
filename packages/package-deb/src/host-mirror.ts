import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Repository } from '@ic/package-core';
import { type Context, type Fetcher, redactUrl, throwIfCancelled, writeFileAtomic } from '@ic/utils';
import { type AptSource, readAptSources } from './apt-sources.js';
import { parseParagraphs } from './deb822.js';

export interface HostMirrorOptions {
  readonly fetcher: Pick<Fetcher, 'bytes'>;
  /** Where the choice is remembered for a day, and offline for good: metadata is cached by URL. */
  readonly cacheDir: string;
  readonly offline: boolean;
  /** Whose `etc/apt` is read; default `/`. */
  readonly root?: string | undefined;
}

const REMEMBERED = 24 * 60 * 60 * 1000;
/** A mirror that has no https: often drops the connection instead of refusing it; milliseconds. */
const PROBE_TIMEOUT = 10_000;
const MAX_RELEASE_BYTES = 32 * 1024 * 1024;

/**
 * Puts the Debian mirrors that this host's apt uses in the place of those that targets name (`hostMirror`), over https: where the mirror
 * offers that. A mirror is taken only when it answers with Debian's index of the wanted suite; what it says is proven
 * later, like any other index. Other repositories stay as they are.
 */
export async function withHostMirrors(
  repositories: readonly Repository[],
  options: HostMirrorOptions,
  context: Context,
): Promise<Repository[]> {
  const wanted = repositories.filter((repository) => repository.hostMirror === true);
  if (wanted.length === 0) return [...repositories];
  const sources = await readAptSources(options.root ?? '/');
  const path = join(options.cacheDir, 'metadata', 'host-mirrors.json');
  const memory = await readMemory(path);
  const now = context.clock.now().getTime();
  const chosen = new Map<string, Choice>();
  for (const { suites } of wanted) {
    const [suite] = suites;
    if (suite === undefined || chosen.has(suite)) continue;
    const known = recalled(memory[suite], urlsFor(suite, sources), options);
    const isFresh = known !== undefined && (options.offline || now - known.checked < REMEMBERED);
    if (isFresh) chosen.set(suite, known);
    else if (!options.offline) {
      chosen.set(suite, { url: await probe(suite, sources, options, context), checked: now });
    }
  }
  if (!options.offline) await writeMemory(path, { ...memory, ...Object.fromEntries(chosen) });
  return repositories.map((repository) => {
    const url = wanted.includes(repository) ? chosen.get(repository.suites[0] ?? '')?.url : undefined;
    if (url === undefined) return repository;
    return { ...repository, url, stated: repository.stated ?? { url: repository.url } };
  });
}

/**
 * The URLs of the host's apt that may carry a suite of Debian, best first: one that has the very suite, then one that
 * has another suite of the same archive (security updates have their own); `…/debian` before other paths.
 */
export function hostMirrorsFor(suite: string, sources: readonly AptSource[]): string[] {
  const rank = (source: AptSource) =>
    (source.suite === suite ? 0 : 2) + (/\/debian(?:-security)?$/.test(source.url) ? 0 : 1);
  const candidates = sources
    .filter((source) => /^https?:/.test(source.url) && source.components.includes('main'))
    .filter((source) => isSecurity(source.suite) === isSecurity(suite))
    .sort((a, b) => rank(a) - rank(b));
  return [...new Set(candidates.map((source) => source.url))];
}

/** Where a suite is looked for, best first. */
function urlsFor(suite: string, sources: readonly AptSource[]): string[] {
  const mirrors = hostMirrorsFor(suite, sources);
  return [...new Set(mirrors.flatMap((url) => [url.replace(/^http:/, 'https:'), url]))];
}

function isSecurity(suite: string): boolean {
  return /-security$|\/updates$/.test(suite);
}

interface Choice {
  /** Absent when no mirror of the host has the suite. */
  readonly url?: string | undefined;
  /** Milliseconds since 1970. */
  readonly checked: number;
}

async function probe(
  suite: string,
  sources: readonly AptSource[],
  options: HostMirrorOptions,
  context: Context,
): Promise<string | undefined> {
  for (const url of urlsFor(suite, sources)) {
    if (await carries(url, suite, options.fetcher, context)) return url;
  }
  return undefined;
}

async function carries(
  url: string,
  suite: string,
  fetcher: Pick<Fetcher, 'bytes'>,
  { signal }: Context,
): Promise<boolean> {
  try {
    const { body } = await fetcher.bytes(`${url}/dists/${suite}/InRelease`, {
      signal: AbortSignal.any([signal, AbortSignal.timeout(PROBE_TIMEOUT)]),
      maxBytes: MAX_RELEASE_BYTES,
    });
    const text = body
      .toString('utf8')
      .replace(/^.*?\n\n/s, '')
      .replace(/\n-----BEGIN PGP SIGNATURE-----.*/s, '');
    const [release] = parseParagraphs(text, (_line, reason) => new Error(reason));
    return (
      release?.get('Origin') === 'Debian' && [release.get('Suite'), release.get('Codename')].includes(suite)
    );
  } catch {
    throwIfCancelled(signal);
    return false;
  }
}

/**
 * A choice with the user and password that the host's apt has for it now: they are not for the disk. What apt does not
 * name any more is forgotten; offline it still says what the cache has.
 */
function recalled(
  choice: Choice | undefined,
  urls: readonly string[],
  { offline }: Pick<HostMirrorOptions, 'offline'>,
): Choice | undefined {
  if (choice?.url === undefined) return choice;
  const url = urls.find((one) => redactUrl(one) === redactUrl(choice.url ?? ''));
  if (url !== undefined) return { ...choice, url };
  return offline ? choice : undefined;
}

async function writeMemory(path: string, memory: Readonly<Record<string, Choice>>): Promise<void> {
  const shown = Object.entries(memory).map(([suite, choice]) => [
    suite,
    choice.url === undefined ? choice : { ...choice, url: redactUrl(choice.url) },
  ]);
  await writeFileAtomic(path, JSON.stringify(Object.fromEntries(shown)));
}

async function readMemory(path: string): Promise<Readonly<Record<string, Choice>>> {
  try {
    return JSON.parse(await readFile(path, 'utf8')) as Record<string, Choice>;
  } catch {
    return {};
  }
}
