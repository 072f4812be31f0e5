import { throwIfCancelled } from './errors.js';

/**
 * Runs all works at once; when one fails, the others are told to stop, and when all have ended, its reason is thrown.
 *
 * @throws UtilsError CANCELLED when `signal` was
 */
export async function together(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let failure: { readonly reason: unknown } | undefined;
  const run = async (work: (signal: AbortSignal) => Promise<void>) => {
    try {
      await work(either);
    } catch (reason) {
      failure ??= { reason };
      stop.abort();
    }
  };
  await Promise.all(works.map(run));
  throwIfCancelled(signal);
  if (failure !== undefined) throw failure.reason;
}
