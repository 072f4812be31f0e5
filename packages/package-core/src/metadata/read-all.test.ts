import { expect, it } from 'vitest';
import { PackageError } from '../errors.js';
import { readAll } from './read-all.js';

const failing = (...errors: readonly Error[]) => errors.map((error) => Promise.reject(error));
const unread = new PackageError('REPOSITORY_UNREACHABLE', 'a is missing');
const keyless = new PackageError('KEY_UNAVAILABLE', 'no key of b');
const damaged = new PackageError('REPOSITORY_INVALID', 'c is damaged');

it('gives the results in their order', async () => {
  expect(await readAll([Promise.resolve(1), Promise.resolve(2)], true)).toEqual([1, 2]);
  expect(await readAll([Promise.resolve(1)], false)).toEqual([1]);
});

it('says offline all that is missing, of what is within too', async () => {
  const inner = readAll(failing(unread, keyless), true);
  const outer = readAll<unknown>([inner, Promise.resolve(1), ...failing(unread)], true);
  await expect(outer).rejects.toMatchObject({
    code: 'REPOSITORY_UNREACHABLE',
    message: 'a is missing; no key of b; a is missing',
    details: { missing: ['a is missing', 'no key of b', 'a is missing'] },
  });
  await expect(readAll(failing(keyless), true)).rejects.toBe(keyless);
});

it('says what is worse than missing first, and online the first', async () => {
  await expect(readAll(failing(unread, damaged), true)).rejects.toBe(damaged);
  await expect(readAll(failing(unread, damaged), false)).rejects.toBe(unread);
});

it.each([true, false])('ends when nothing is being read any more (offline: %s)', async (offline) => {
  let done = false;
  const slow = new Promise<void>((resolve) => setTimeout(resolve, 20)).then(() => {
    done = true;
  });
  await expect(readAll<unknown>([...failing(damaged), slow], offline)).rejects.toBe(damaged);
  expect(done).toBe(true);
});
