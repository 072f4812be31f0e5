import { describe, expect, it } from 'vitest';
import { freeSubIdRange, subIdRanges } from './sub-ids.js';

const alice = { name: 'alice', uid: 1000 };

describe('subIdRanges', () => {
  const cases: { name: string; text: string; expected: [number, number][] }[] = [
    { name: 'no file', text: '', expected: [] },
    { name: 'by name', text: 'alice:100000:65536\n', expected: [[100000, 65536]] },
    { name: 'by number', text: '1000:100000:65536\n', expected: [[100000, 65536]] },
    { name: "another's", text: 'alicia:100000:65536\n10001:1:2\n', expected: [] },
    {
      name: 'several, in order',
      text: 'alice:1:2\nbob:3:4\nalice:500000:1000000000',
      expected: [
        [1, 2],
        [500000, 1000000000],
      ],
    },
    { name: 'comments and rubbish', text: '# alice:1:2\nalice:x:2\nalice:1\n\nalice::\n', expected: [] },
  ];
  it.each(cases)('$name', ({ text, expected }) => {
    expect(subIdRanges(text, alice)).toEqual(expected.map(([start, count]) => ({ start, count })));
  });
});

describe('freeSubIdRange', () => {
  const cases: { texts: string[]; start: number }[] = [
    { texts: [''], start: 100000 },
    { texts: ['a:100000:65536'], start: 165536 },
    { texts: ['a:100000:65536\nb:165536:65536', 'a:300000:10'], start: 300010 },
    { texts: ['low:10:10'], start: 100000 },
  ];
  it.each(cases)('$texts → $start', ({ texts, start }) => {
    expect(freeSubIdRange(...texts)).toEqual({ start, count: 65536 });
  });
});
