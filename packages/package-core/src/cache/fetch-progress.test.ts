import type { IcEvent } from '@ic/utils';
import { expect, it } from 'vitest';
import { createFetchProgress } from './fetch-progress.js';

it('says how fast it goes and how long it will take, of late', () => {
  let time = 0;
  const events: IcEvent[] = [];
  const progress = createFetchProgress(
    100_000,
    (event) => events.push(event),
    () => time,
  );
  const go = (seconds: number, bytesASecond: number) => {
    for (let step = 0; step < seconds * 4; step += 1) {
      time += 250;
      progress.add(bytesASecond / 4);
    }
    return events.at(-1);
  };
  expect(go(8, 4000)).toMatchObject({ done: 32_000, total: 100_000, rate: 4000, secondsLeft: 17 });
  // Five seconds later the time before is forgotten.
  expect(go(6, 8000)).toMatchObject({ done: 80_000, rate: 8000, secondsLeft: 3 });
  progress.add(-48_000);
  expect(events.at(-1)).not.toHaveProperty('rate');
});

it('says no rate before there is one', () => {
  const events: IcEvent[] = [];
  const progress = createFetchProgress(
    10,
    (event) => events.push(event),
    () => 1,
  );
  progress.add(10);
  progress.finished({ name: 'zlib', version: '1', architecture: 'all' });
  expect(events).toEqual([
    { type: 'progress', stage: 'fetch', done: 10, total: 10, unit: 'bytes' },
    { type: 'progress', stage: 'fetch', done: 10, total: 10, unit: 'bytes', item: 'zlib' },
  ]);
});
