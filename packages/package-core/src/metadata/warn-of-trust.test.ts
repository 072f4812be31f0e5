import type { IcEvent } from '@ic/utils';
import { expect, it } from 'vitest';
import { repository } from '../lockfile/lockfile.test.fixture.js';
import { warnOfTrust } from './warn-of-trust.js';

it('tells once of each repository that is trusted beyond what can be proven', () => {
  const events: IcEvent[] = [];
  const repositories = [
    repository(),
    repository({ name: 'local', trusted: true, weakDigests: true }),
    repository({ name: 'old', weakDigests: true }),
  ];
  warnOfTrust(repositories, { events: (event) => events.push(event) });
  expect(events).toEqual([
    { type: 'warning', code: 'REPOSITORY_TRUSTED', message: expect.stringContaining('"local"') },
    { type: 'warning', code: 'REPOSITORY_WEAK', message: expect.stringContaining('"old"') },
  ]);
});
