import { createLimit } from '@ic/utils';

export interface ReadAheadOptions<Item> {
  /** Items read at once. */
  readonly jobs: number;
  /** Bytes that an item will have in memory, as far as is known. */
  readonly size: (item: Item) => number;
  readonly read: (item: Item) => Promise<Uint8Array>;
}

export interface ReadAhead<Item> {
  /** What was read of an item; items must be taken in the order given. */
  take(item: Item): Promise<Uint8Array>;
}

/** What may wait in memory, in bytes as `size` states them. */
const AHEAD_BYTES = 512 * 1024 ** 2;

/** Reads items ahead of their use: processors that would be idle while others are used have them ready. */
export function createReadAhead<Item extends { readonly name: string }>(
  items: readonly Item[],
  options: ReadAheadOptions<Item>,
): ReadAhead<Item> {
  const limit = createLimit(options.jobs);
  const ready = new Map<Item, { data: Promise<Uint8Array>; size: number }>();
  let next = 0;
  let waiting = 0;
  const startMore = () => {
    for (
      let item = items[next];
      item !== undefined && (waiting < AHEAD_BYTES || ready.size === 0);
      item = items[next]
    ) {
      const started = item;
      next += 1;
      const size = options.size(started);
      waiting += size;
      const data = limit(() => options.read(started));
      // Reported where it is taken; until then a failure is not an unhandled one.
      data.catch(() => {});
      ready.set(started, { data, size });
    }
  };
  startMore();
  return {
    async take(item) {
      startMore();
      const entry = ready.get(item);
      if (entry === undefined) throw new Error(`${item.name} was taken out of order`);
      const data = await entry.data;
      ready.delete(item);
      waiting -= entry.size;
      startMore();
      return data;
    },
  };
}
