/** Runs work with at most `count` pieces under way at once, first come, first served. */
export type Limit = <T>(work: () => Promise<T>) => Promise<T>;

/** A gate for `count` (at least 1) pieces of work at once. */
export function createLimit(count: number): Limit {
  let free = Math.max(1, Math.floor(count));
  const waiting: (() => void)[] = [];
  return async (work) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((resolve) => waiting.push(resolve));
    try {
      return await work();
    } finally {
      const next = waiting.shift();
      if (next === undefined) free += 1;
      else next();
    }
  };
}
