import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.js';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ic-lock-'));
});
afterAll(() => rm(folder, { recursive: true }));

it('never does two works at a time, also after one that failed', async () => {
  const lock = join(folder, 'lock');
  const log: string[] = [];
  const work = (name: string, fails: boolean) =>
    oneAtATime(lock, async () => {
      log.push(`${name} begins`);
      await sleep(20);
      log.push(`${name} ends`);
      if (fails) throw new Error(name);
    });
  const results = await Promise.allSettled([work('first', true), work('second', false)]);
  expect(results.map(({ status }) => status)).toEqual(['rejected', 'fulfilled']);
  expect(log).toEqual(['first begins', 'first ends', 'second begins', 'second ends']);
});

it('passes over the lock of a process that is no more', async () => {
  const lock = join(folder, 'left-behind');
  await writeFile(lock, '99999999');
  expect(await oneAtATime(lock, async () => 'done')).toBe('done');
});
