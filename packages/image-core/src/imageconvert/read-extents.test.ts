import { describe, expect, it } from 'vitest';
import type { Range } from './data-ranges.js';
import { CLUSTER, SPAN } from './extent.js';
import { spans } from './read-extents.js';

describe('spans', () => {
  it.each<[string, readonly Range[], readonly Range[]]>([
    ['nothing', [], []],
    ['the empty range at the end of a hole', [{ start: 3 * SPAN, length: 0 }], []],
    ['widened to clusters', [{ start: 4096, length: 512 }], [{ start: 0, length: CLUSTER }]],
    [
      'two in one cluster come once',
      [
        { start: 4096, length: 512 },
        { start: 8192, length: CLUSTER },
      ],
      [
        { start: 0, length: CLUSTER },
        { start: CLUSTER, length: CLUSTER },
      ],
    ],
    [
      'cut at whole MiB and at the end of the disk',
      [{ start: SPAN - CLUSTER, length: 2 * SPAN }],
      [
        { start: SPAN - CLUSTER, length: CLUSTER },
        { start: SPAN, length: SPAN },
        { start: 2 * SPAN, length: 512 },
      ],
    ],
  ])('%s', (_, ranges, expected) => {
    expect([...spans(ranges, 2 * SPAN + 512)]).toEqual(expected);
  });
});
