import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { processMark, sha256File } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { type Content, openPackageCache } from './package-cache.js';

vi.mock('@ic/utils', async (original) => {
  const utils = await original<typeof import('@ic/utils')>();
  return { ...utils, sha256File: vi.fn(utils.sha256File) };
});

let folder: string;
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'ic-cache-')), 'packages');
});
afterEach(() => rmSync(join(folder, '..'), { recursive: true }));

function contentOf(text: string): Content {
  return { size: text.length, sha256: createHash('sha256').update(text).digest('hex') };
}

const writing =
  (text: string) =>
  async (path: string): Promise<Content> => {
    await writeFile(path, text, { flag: 'wx' });
    return contentOf(text);
  };

const hello = contentOf('hello');

describe('openPackageCache', () => {
  it('keeps a file under its hash', async () => {
    const cache = openPackageCache(folder);
    expect(await cache.find(hello)).toBeUndefined();
    const path = await cache.fill(hello, writing('hello'));
    expect(path).toBe(join(folder, 'sha256', hello.sha256));
    expect(readFileSync(path, 'utf8')).toBe('hello');
    expect(await cache.find(hello)).toBe(path);
    expect(await openPackageCache(folder).find(hello)).toBe(path);
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  });

  it.each([
    ['shorter', 'hell'],
    ['of the same size', 'hallo'],
  ])('removes a file that is %s than it was, and counts it as missing', async (_title, text) => {
    const cache = openPackageCache(folder);
    const path = await cache.fill(hello, writing('hello'));
    writeFileSync(path, text);
    expect(await cache.find(hello)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
    await cache.fill(hello, writing('hello'));
    expect(await cache.find(hello)).toBe(path);
  });

  it('removes a file that another process left wrong', async () => {
    const path = await openPackageCache(folder).fill(hello, writing('hello'));
    writeFileSync(path, 'hallo');
    expect(await openPackageCache(folder).find(hello)).toBeUndefined();
    expect(existsSync(path)).toBe(false);
  });

  it('hashes a file once per process, and again when it changed', async () => {
    const path = await openPackageCache(folder).fill(hello, writing('hello'));
    const cache = openPackageCache(folder);
    vi.mocked(sha256File).mockClear();
    await cache.find(hello);
    await cache.find(hello);
    expect(sha256File).toHaveBeenCalledTimes(1);
    utimesSync(path, 1, 1_600_000_000);
    expect(await cache.find(hello)).toBe(path);
    expect(sha256File).toHaveBeenCalledTimes(2);
  });

  it('lets one of two processes fill at a time; the other finds it filled, or fills in its turn', async () => {
    vi.resetModules();
    const other = await import('./package-cache.js');
    for (const [outcome, writes] of [
      [writing('hello'), 1],
      [() => Promise.reject(new Error('cut')), 2],
    ] as const) {
      rmSync(folder, { recursive: true, force: true });
      let written = 0;
      let begun = () => {};
      const started = new Promise<void>((resolve) => {
        begun = resolve;
      });
      let go = () => {};
      const goOn = new Promise<void>((resolve) => {
        go = resolve;
      });
      const slowly = async (path: string) => {
        written += 1;
        begun();
        await goOn;
        return outcome(path);
      };
      const first = openPackageCache(folder).fill(hello, slowly);
      first.catch(() => {});
      await started;
      const second = other.openPackageCache(folder);
      expect(await second.tryFill(hello, writing('hello'))).toBeUndefined();
      const filling = second.fill(hello, async (partial) => {
        written += 1;
        return writing('hello')(partial);
      });
      go();
      const path = await filling;
      await first.catch(() => {});
      expect(written).toBe(writes);
      expect(readFileSync(path, 'utf8')).toBe('hello');
      expect(readdirSync(join(folder, 'partial'))).toEqual([]);
    }
  });

  it('removes the partial files of processes that died, and ends their claims', async () => {
    const cache = openPackageCache(folder);
    await cache.fill(hello, writing('hello'));
    const dead = (await processMark()).replace(/\d+$/, '1');
    const names = { gone: `${hello.sha256}.${dead}.0a`, ours: `${hello.sha256}.${await processMark()}.0b` };
    for (const name of Object.values(names)) writeFileSync(join(folder, 'partial', name), '');
    symlinkSync(`${dead}-0123456789ab`, join(folder, 'partial', `${hello.sha256}.claim`));
    await openPackageCache(folder).fill(contentOf('x'), writing('x'));
    expect(readdirSync(join(folder, 'partial'))).toEqual([names.ours]);
  });

  it('hands over what a dead process has written: the most, to one of two that want it', async () => {
    await openPackageCache(folder).fill(contentOf('x'), writing('x'));
    const dead = (await processMark()).replace(/\d+$/, '1');
    for (const [random, text] of Object.entries({ '0a': 'he', '0b': 'hel', '0c': 'h' }))
      writeFileSync(join(folder, 'partial', `${hello.sha256}.${dead}.${random}`), text);
    const [ours, theirs] = [openPackageCache(folder), openPackageCache(folder)];
    // Both have looked before either begins.
    for (const cache of [ours, theirs]) await cache.fill(contentOf('y'), writing('y'));
    const given: (string | undefined)[] = [];
    const takingOver = async (path: string, takeOver: () => Promise<boolean>) => {
      given.push((await takeOver()) ? readFileSync(path, 'utf8') : undefined);
      writeFileSync(path, 'hello');
      return contentOf('hello');
    };
    await ours.fill(hello, takingOver);
    rmSync((await ours.find(hello)) ?? '');
    await theirs.fill(hello, takingOver);
    expect(given).toEqual(['hel', undefined]);
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
  });

  it('keeps what a dead process has written for who wants it, some hours', async () => {
    await openPackageCache(folder).fill(contentOf('x'), writing('x'));
    const dead = (await processMark()).replace(/\d+$/, '1');
    const [kept, empty, old] = ['1', '2', '3'].map((digit) => {
      const path = join(folder, 'partial', `${digit.repeat(64)}.${dead}.0a`);
      writeFileSync(path, digit === '2' ? '' : 'half');
      return path;
    });
    utimesSync(old ?? '', new Date(), new Date(Date.now() - 7 * 3600 * 1000));
    await openPackageCache(folder).fill(contentOf('y'), writing('y'));
    expect([kept, empty, old].map((path) => existsSync(path ?? ''))).toEqual([true, false, false]);
  });

  it('notes the last use of a file', async () => {
    const path = await openPackageCache(folder).fill(hello, writing('hello'));
    const clock = { now: () => new Date(1_700_000_000_000) };
    await openPackageCache(folder, clock).find(hello);
    expect(statSync(path).mtimeMs).toBe(1_700_000_000_000);
  });

  it('refuses what is not the content, and leaves nothing', async () => {
    const cache = openPackageCache(folder);
    await expect(cache.fill(hello, writing('hallo'))).rejects.toMatchObject({ code: 'HASH_MISMATCH' });
    await expect(
      cache.fill(hello, async (path) => {
        await writeFile(path, 'hel');
        throw new Error('cut');
      }),
    ).rejects.toThrow('cut');
    expect(readdirSync(join(folder, 'partial'))).toEqual([]);
    expect(await cache.find(hello)).toBeUndefined();
  });

  it('says when the disk is full', async () => {
    const full = Object.assign(new Error('no'), { code: 'ENOSPC' });
    const failing = openPackageCache(folder).fill(hello, () => Promise.reject(full));
    await expect(failing).rejects.toMatchObject({ code: 'DISK_FULL' });
  });

  it('shares one write among the callers of a process, whoever opened the cache', async () => {
    let writes = 0;
    const counting = (path: string) => {
      writes += 1;
      return writing('hello')(path);
    };
    const caches = [openPackageCache(folder), openPackageCache(folder)];
    const paths = await Promise.all(caches.map((cache) => cache.fill(hello, counting)));
    expect(new Set(paths).size).toBe(1);
    expect(writes).toBe(1);
    await caches[0]?.fill(hello, counting);
    expect(writes).toBe(1);
  });

  it('removes stale partial files, not those of others at work', async () => {
    const cache = openPackageCache(folder);
    await cache.fill(hello, writing('hello'));
    const [stale, fresh] = ['stale', 'fresh'].map((name) => join(folder, 'partial', name));
    for (const path of [stale, fresh]) writeFileSync(path ?? '', '');
    utimesSync(stale ?? '', new Date(), new Date(Date.now() - 7 * 3600 * 1000));
    await openPackageCache(folder).fill(contentOf('x'), writing('x'));
    expect(readdirSync(join(folder, 'partial'))).toEqual(['fresh']);
  });

  it.each([['../../x'], [''], [hello.sha256.toUpperCase()]])('refuses the hash %j', async (sha256) => {
    await expect(openPackageCache(folder).find({ size: 1, sha256 })).rejects.toMatchObject({
      code: 'REPOSITORY_INVALID',
    });
  });
});
