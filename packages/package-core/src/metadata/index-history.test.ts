import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Repository } from '../contract.js';
import { repository } from '../lockfile/lockfile.test.fixture.js';
import { createIndexHistory, type IndexAge, type RollbackPolicy } from './index-history.js';

const of = (date: string): IndexAge => ({ kind: 'date', value: Date.parse(date) });
const revision = (value: number): IndexAge => ({ kind: 'revision', value });

describe('createIndexHistory', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-history-'));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  interface Step {
    readonly policy?: RollbackPolicy;
    readonly repository?: Partial<Repository>;
    readonly suite?: string;
  }
  async function see(age: IndexAge | undefined, step: Step = {}): Promise<string> {
    const history = createIndexHistory(folder, step.policy ?? 'refuse');
    const subject = { repository: repository(step.repository), suite: step.suite ?? 'bookworm' };
    try {
      const remember = await history.admit(subject, age);
      await remember();
      return 'taken';
    } catch (error) {
      return (error as { code: string }).code;
    }
  }

  const [JUNE, JULY, AUGUST] = [of('2026-06-01'), of('2026-07-01'), of('2026-08-01')];
  const REFUSED = 'INDEX_ROLLED_BACK';
  it.each<[string, readonly (readonly [IndexAge | undefined, string, Step?])[]]>([
    ['the first', [[JUNE, 'taken']]],
    [
      'the same again',
      [
        [JUNE, 'taken'],
        [JUNE, 'taken'],
      ],
    ],
    [
      'newer ones',
      [
        [JUNE, 'taken'],
        [JULY, 'taken'],
        [AUGUST, 'taken'],
      ],
    ],
    [
      'an older one',
      [
        [JULY, 'taken'],
        [JUNE, REFUSED],
        [JULY, 'taken'],
      ],
    ],
    [
      'an older one than any',
      [
        [JUNE, 'taken'],
        [AUGUST, 'taken'],
        [JULY, REFUSED],
      ],
    ],
    [
      'one without a date after one with',
      [
        [JUNE, 'taken'],
        [undefined, REFUSED],
      ],
    ],
    [
      'ones without dates',
      [
        [undefined, 'taken'],
        [undefined, 'taken'],
      ],
    ],
    [
      'a smaller revision',
      [
        [revision(10), 'taken'],
        [revision(9), REFUSED],
        [revision(11), 'taken'],
      ],
    ],
    [
      'another kind of age',
      [
        [revision(10), 'taken'],
        [JULY, 'taken'],
        [revision(9), REFUSED],
        [JUNE, REFUSED],
        [revision(10), 'taken'],
      ],
    ],
    [
      'an older one that is allowed, which counts from then on',
      [
        [AUGUST, 'taken'],
        [JUNE, 'taken', { policy: 'allow' }],
        [JUNE, 'taken'],
        [JULY, 'taken'],
        [JUNE, REFUSED],
      ],
    ],
    [
      'one without a date that is allowed',
      [
        [JULY, 'taken'],
        [undefined, 'taken', { policy: 'allow' }],
        [JUNE, 'taken'],
      ],
    ],
    [
      'one of a time that was named, which changes nothing',
      [
        [AUGUST, 'taken'],
        [JUNE, 'taken', { policy: 'ignore' }],
        [JULY, REFUSED],
      ],
    ],
    [
      'another suite',
      [
        [JULY, 'taken'],
        [JUNE, 'taken', { suite: 'trixie' }],
      ],
    ],
    [
      'another mirror of the same repository',
      [
        [JULY, 'taken', { repository: { stated: { url: 'https://a.example' } } }],
        [JUNE, REFUSED, { repository: { url: 'https://b.example', stated: { url: 'https://a.example' } } }],
        [JUNE, REFUSED, { repository: { url: 'https://a.example' } }],
      ],
    ],
    [
      'another password, and another order of keys',
      [
        [JULY, 'taken', { repository: { url: 'https://me:one@a.example', fingerprints: ['A', 'B'] } }],
        [JUNE, REFUSED, { repository: { url: 'https://me:two@a.example', fingerprints: ['B', 'A'] } }],
      ],
    ],
    [
      'the same place with other keys',
      [
        [JULY, 'taken'],
        [JUNE, 'taken', { repository: { fingerprints: ['C'.repeat(40)] } }],
      ],
    ],
    [
      'a list of mirrors, whichever is taken',
      [
        [JULY, 'taken', { repository: { mirrorSource: { kind: 'metalink', url: 'https://m.example' } } }],
        [
          JUNE,
          REFUSED,
          {
            repository: {
              url: 'https://x.example',
              mirrorSource: { kind: 'metalink', url: 'https://m.example' },
            },
          },
        ],
      ],
    ],
  ])('%s', async (_, steps) => {
    for (const [age, expected, step] of steps) expect(await see(age, step)).toBe(expected);
  });

  it('shows both dates, and what to do', async () => {
    await see(JULY);
    const history = createIndexHistory(folder, 'refuse');
    await expect(history.admit({ repository: repository(), suite: 'bookworm' }, JUNE)).rejects.toMatchObject({
      message: expect.stringMatching(/"debian" \(bookworm\).* of 2026-06-01T00.* of 2026-07-01T00/),
      hint: expect.stringContaining('--allow-rollback'),
      details: { found: 'of 2026-06-01T00:00:00.000Z', seen: 'of 2026-07-01T00:00:00.000Z' },
    });
  });

  it('remembers nothing that is not taken in the end', async () => {
    await createIndexHistory(folder, 'refuse').admit({ repository: repository() }, JULY);
    expect(await readdir(folder)).toEqual([]);
  });

  it('of builds at the same time, the newest index counts, and one record stays', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(50), { minLength: 1, maxLength: 12 }), async (values) => {
        await rm(folder, { recursive: true, force: true });
        await Promise.all(values.map((value) => see(revision(value))));
        expect(await see(revision(Math.max(...values) - 1))).toBe(REFUSED);
        expect(await see(revision(Math.max(...values)))).toBe('taken');
        const [place = ''] = await readdir(folder);
        expect(await readdir(join(folder, place))).toHaveLength(1);
      }),
      { numRuns: 20 },
    );
  });
});
