import { describe, expect, it } from 'vitest';
import { createReadAhead } from './read-ahead.js';

interface Item {
  readonly name: string;
  readonly size: number;
}
const items = (...sizes: readonly number[]): Item[] =>
  sizes.map((size, index) => ({ name: `item ${index}`, size }));
const GIBIBYTE = 1024 ** 3;

/** A reader whose reads end when they are told to. */
function reader() {
  const started: string[] = [];
  const ends = new Map<string, () => void>();
  const read = ({ name }: Item) => {
    started.push(name);
    return new Promise<Uint8Array>((resolve) => ends.set(name, () => resolve(Buffer.from(name))));
  };
  return { started, read, end: (name: string) => ends.get(name)?.() };
}
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('createReadAhead', () => {
  it('reads so many at once, before they are asked for', async () => {
    const { started, read, end } = reader();
    const ahead = createReadAhead(items(1, 1, 1), { jobs: 2, size: ({ size }) => size, read });
    await turn();
    expect(started).toEqual(['item 0', 'item 1']);
    end('item 1');
    await turn();
    expect(started).toEqual(['item 0', 'item 1', 'item 2']);
    expect(ahead).toBeDefined();
  });

  it('stops where memory would be full, but never before the first', async () => {
    const { started, read, end } = reader();
    const all = items(GIBIBYTE, 1, GIBIBYTE);
    const ahead = createReadAhead(all, { jobs: 3, size: ({ size }) => size, read });
    await turn();
    expect(started).toEqual(['item 0']);
    end('item 0');
    expect(Buffer.from(await ahead.take(all[0] as Item)).toString()).toBe('item 0');
    await turn();
    expect(started).toEqual(['item 0', 'item 1', 'item 2']);
  });

  it('gives a failure to who takes the item', async () => {
    const all = items(1, 1);
    const ahead = createReadAhead(all, {
      ...{ jobs: 1, size: () => 1 },
      read: async ({ name }) => {
        if (name === 'item 1') throw new Error('damaged');
        return Buffer.from(name);
      },
    });
    await turn();
    await ahead.take(all[0] as Item);
    await expect(ahead.take(all[1] as Item)).rejects.toThrow('damaged');
    await expect(ahead.take({ name: 'another', size: 1 })).rejects.toThrow('another was taken out of order');
  });
});
