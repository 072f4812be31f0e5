import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createLimit } from './limit.js';

describe('createLimit', () => {
  it.each([
    [1, 1],
    [3, 3],
    [0, 1],
    [2.9, 2],
  ])('%d lets %i run at once, in order', async (count, expected) => {
    const limit = createLimit(count);
    const begun: number[] = [];
    let open = 0;
    let most = 0;
    await Promise.all(
      Array.from({ length: 9 }, (_, index) =>
        limit(async () => {
          begun.push(index);
          open += 1;
          most = Math.max(most, open);
          await sleep(2);
          open -= 1;
        }),
      ),
    );
    expect(most).toBe(expected);
    expect(begun).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  });

  it('goes on after a failure, which it passes on', async () => {
    const limit = createLimit(1);
    const failing = limit(() => Promise.reject(new Error('no')));
    const next = limit(async () => 'yes');
    await expect(failing).rejects.toThrow('no');
    expect(await next).toBe('yes');
  });
});
