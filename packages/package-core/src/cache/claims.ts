import { randomBytes } from 'node:crypto';
import { linkSync, readlinkSync, symlinkSync, unlinkSync } from 'node:fs';
import { lstat, lutimes, mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { cancelled, processMark, processState, throwIfCancelled } from '@ic/utils';

/** What one process has to itself until it releases it, or dies. */
export interface Claim {
  release(): Promise<void>;
}

/** Claims of many processes on the keys of one folder, without a lock that a killed process could leave behind. */
export interface Claims {
  /** Undefined when another has it. */
  take(key: string): Promise<Claim | undefined>;
  /** Resolves when the claim that another has is gone, or is to be taken over. @throws UtilsError CANCELLED */
  freed(key: string, signal?: AbortSignal): Promise<void>;
  /** Ends the claims of processes that died; resolves to the keys that living ones hold. */
  sweep(): Promise<string[]>;
}

/** What a holder writes into its claims. */
interface Token {
  readonly text: string;
  /** What was claimed with it. */
  readonly keys: Set<string>;
  /** Where it is at this time. */
  readonly links: Set<string>;
}

/** Milliseconds between two signs of life. */
const BEAT = 2000;
/** Milliseconds without one after which a claim is taken over: its process is stopped, or of a machine that died. */
const PATIENCE = 30_000;
/** The same for a process that cannot be seen, from the file's own time: clocks of machines may differ this much. */
const LONGEST_SILENCE = 10 * 60 * 1000;
/** Milliseconds between two looks at a claim. */
const SHORTEST_LOOK = 5;
const LONGEST_LOOK = 200;
const TOKEN = /^(.+)-[0-9a-f]{12}$/;

/**
 * Opens the claims of a folder, which is made.
 *
 * A claim is a symbolic link `<key>.claim` whose target is its holder's token: made in one step, refused where there is
 * one, on NFS too. The claim of a dead holder is not removed, since it could be a newer one by then; it is passed on by
 * making `<key>.<dead token>.claim`, which only one process can, and so on: the end of this chain holds the claim. It
 * ends the chain by its first link, and nobody may begin at a token that no first link names.
 *
 * Claims that a holder has at the same time share a token, and are hard links to one symbolic link: to make an inode and
 * delete it costs most of what a claim costs. Of one key it never takes a token twice.
 *
 * A holder whose process is stopped and goes on later has lost its claim to another and both work: what claims guard
 * must be right all the same, and only be done twice.
 */
export function openClaims(folder: string, patience = PATIENCE): Claims {
  /** Tokens that gave no sign of life for too long, and when their last one was. */
  const silent = new Map<string, number>();
  let made: Promise<unknown> | undefined;
  let latest: Token | undefined;
  const tokenAt = (name: string) => targetOf(join(folder, name));
  const isLost = async (name: string, token: string) => {
    const state = await processState(TOKEN.exec(token)?.[1] ?? '');
    if (state === 'gone') return true;
    const found = await lstat(join(folder, name)).catch(absent);
    if (found !== undefined && found.mtimeMs === silent.get(token)) return true;
    return state !== 'running' && (found === undefined || Date.now() - found.mtimeMs > LONGEST_SILENCE);
  };

  const tokenFor = (key: string, mark: string): Token => {
    if (latest === undefined || latest.links.size === 0 || latest.keys.has(key))
      latest = { text: `${mark}-${randomBytes(6).toString('hex')}`, keys: new Set(), links: new Set() };
    latest.keys.add(key);
    return latest;
  };

  const hold = (names: readonly string[], first: string, own: Token): Claim => {
    const paths = names.map((name) => join(folder, name));
    const [head = '', ...rest] = paths;
    const link = paths.at(-1) ?? head;
    own.links.add(link);
    const beat = setInterval(() => {
      const now = new Date();
      lutimes(link, now, now).catch(() => {});
    }, BEAT).unref();
    return {
      async release() {
        clearInterval(beat);
        own.links.delete(link);
        if (targetOf(head) === first) unlink(head);
        for (const path of rest) unlink(path);
      },
    };
  };

  /** The living holder at the end of the chain. */
  const holder = async (key: string): Promise<{ token: string; beat: number } | undefined> => {
    for (let name = `${key}.claim`; ; ) {
      const token = tokenAt(name);
      if (token === undefined) return undefined;
      if (!(await isLost(name, token))) {
        const found = await lstat(join(folder, name)).catch(absent);
        return found && { token, beat: found.mtimeMs };
      }
      name = `${key}.${token}.claim`;
    }
  };

  const take = async (key: string): Promise<Claim | undefined> => {
    made ??= mkdir(folder, { recursive: true });
    await made;
    const own = tokenFor(key, await processMark());
    const head = `${key}.claim`;
    let names = [head];
    let first = own.text;
    for (;;) {
      const name = names.at(-1) ?? head;
      if (makeLink(own, join(folder, name))) {
        if (first === own.text || tokenAt(head) === first) return hold(names, first, own);
        unlink(join(folder, name));
      }
      const token = tokenAt(name);
      if (token === undefined) {
        // It was released meanwhile.
        [names, first] = [[head], own.text];
      } else {
        if (!(await isLost(name, token))) return undefined;
        if (name === head) first = token;
        names = [...names, `${key}.${token}.claim`];
      }
    }
  };

  return {
    take,
    async freed(key, signal) {
      let seen = await holder(key);
      let since = performance.now();
      for (let look = SHORTEST_LOOK; seen !== undefined; look = Math.min(2 * look, LONGEST_LOOK)) {
        throwIfCancelled(signal);
        await sleep(look, undefined, signal && { signal }).catch(() => {
          throw cancelled(signal);
        });
        const now = await holder(key);
        if (now?.token !== seen.token || now.beat !== seen.beat) since = performance.now();
        else if (performance.now() - since > patience) silent.set(now.token, now.beat);
        seen = now;
      }
    },
    async sweep() {
      const living: string[] = [];
      for (const name of (await readdir(folder).catch(absent)) ?? []) {
        const [, key = '', passed] = /^([^.]+)(?:\.(.+))?\.claim$/.exec(name) ?? [];
        if (key === '') continue;
        const head = tokenAt(`${key}.claim`);
        if (head === undefined) {
          if (passed !== undefined) unlink(join(folder, name));
        } else if (passed === undefined) {
          const claim = await take(key);
          if (claim === undefined) living.push(key);
          else await claim.release();
        }
      }
      return living;
    },
  };
}

function targetOf(link: string): string | undefined {
  try {
    return readlinkSync(link);
  } catch (error) {
    return absent(error);
  }
}

/** False where there is one. */
function makeLink(token: Token, path: string): boolean {
  const [another] = token.links;
  if (another !== undefined) {
    try {
      linkSync(another, path);
      // Should that claim have been lost to another, it is that one's token.
      if (targetOf(path) === token.text) return true;
      unlink(path);
    } catch (error) {
      if (codeOf(error) === 'EEXIST') return false;
      // Not every file system has hard links, or those of symbolic links, or as many.
    }
  }
  try {
    symlinkSync(token.text, path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

function unlink(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    absent(error);
  }
}

function absent(error: unknown): undefined {
  if (codeOf(error) !== 'ENOENT') throw error;
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}
