/** Pieces of work under way at the same time whose results are taken in the order they were begun. */
export interface InOrder<T> {
  /** Waits while as many as allowed are under way. */
  readonly add: (work: Promise<T>) => Promise<void>;
  readonly drain: () => Promise<void>;
}

/** @param atOnce pieces under way at most, at least 1 */
export function inOrder<T>(atOnce: number, take: (result: T) => Promise<void>): InOrder<T> {
  const under: Promise<T>[] = [];
  const takeFirst = async () => {
    const first = under.shift();
    if (first !== undefined) await take(await first);
  };
  return {
    add: async (work) => {
      // Its failure is told when its turn comes.
      work.catch(() => {});
      under.push(work);
      if (under.length >= atOnce) await takeFirst();
    },
    drain: async () => {
      while (under.length > 0) await takeFirst();
    },
  };
}
