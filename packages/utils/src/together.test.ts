import { expect, it } from 'vitest';
import { together } from './together.js';

const never = new AbortController().signal;
const untilStopped = (signal: AbortSignal) =>
  new Promise<void>((_, reject) => {
    signal.addEventListener('abort', () => reject(new Error('told to stop')));
  });

it('runs all works at once', async () => {
  let open = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  await together(never, [() => gate, async () => open()]);
});

it('stops the others when one fails, and tells its reason', async () => {
  const fails = async () => {
    throw new Error('the first');
  };
  await expect(together(never, [untilStopped, fails, untilStopped])).rejects.toThrow('the first');
});

it('CANCELLED when it is told to stop itself', async () => {
  const stop = new AbortController();
  const under = together(stop.signal, [untilStopped]);
  stop.abort();
  await expect(under).rejects.toMatchObject({ code: 'CANCELLED' });
});
