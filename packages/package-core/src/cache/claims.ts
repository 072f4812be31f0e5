import { randomBytes } from 'node:crypto';
import { readlinkSync, rmSync } from 'node:fs';
import { lstat, lutimes, mkdir, readdir, rm, symlink } from 'node:fs/promises';
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
 * A holder whose process is stopped and goes on later has lost its claim to another and both work: what claims guard
 * must be right all the same, and only be done twice.
 */
export function openClaims(folder: string, patience = PATIENCE): Claims {
  /** Tokens that gave no sign of life for too long. */
  const silent = new Set<string>();
  let made: Promise<unknown> | undefined;
  const tokenAt = (name: string) => targetOf(join(folder, name));
  const isLost = async (name: string, token: string) => {
    const state = await processState(TOKEN.exec(token)?.[1] ?? '');
    if (state === 'running') return silent.has(token);
    if (state === 'gone' || silent.has(token)) return true;
    const found = await lstat(join(folder, name)).catch(absent);
    return found === undefined || Date.now() - found.mtimeMs > LONGEST_SILENCE;
  };

  const hold = (names: readonly string[], first: string): Claim => {
    const paths = names.map((name) => join(folder, name));
    const [head = '', ...rest] = paths;
    const beat = setInterval(() => {
      const now = new Date();
      lutimes(paths.at(-1) ?? head, now, now).catch(() => {});
    }, BEAT).unref();
    return {
      async release() {
        clearInterval(beat);
        if (targetOf(head) === first) rmSync(head, { force: true });
        for (const path of rest) rmSync(path, { force: true });
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
    const own = `${await processMark()}-${randomBytes(6).toString('hex')}`;
    const head = `${key}.claim`;
    let names = [head];
    let first = own;
    for (;;) {
      const name = names.at(-1) ?? head;
      if (await makeLink(own, join(folder, name))) {
        if (first === own || tokenAt(head) === first) return hold(names, first);
        await rm(join(folder, name), { force: true });
      }
      const token = tokenAt(name);
      if (token === undefined) {
        // It was released meanwhile.
        [names, first] = [[head], own];
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
        else if (performance.now() - since > patience) silent.add(now.token);
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
          if (passed !== undefined) await rm(join(folder, name), { force: true });
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

async function makeLink(target: string, path: string): Promise<boolean> {
  try {
    await symlink(target, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

function absent(error: unknown): undefined {
  if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
}
