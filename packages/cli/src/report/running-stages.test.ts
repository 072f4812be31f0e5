import { expect, it } from 'vitest';
import { runningStages } from './running-stages.js';

it('tells of all stages under way, how far and since when', () => {
  let now = 0;
  const stages = runningStages(() => now);
  const stage = (name: string, status: 'started' | 'finished') =>
    stages.take({ type: 'stage', stage: name, status });
  expect(stages.describe()).toBe('');
  stage('fetch', 'started');
  now = 2900;
  stage('chrootenv', 'started');
  stages.take({ type: 'progress', stage: 'fetch', done: 1024 ** 2, total: 3 * 1024 ** 2, unit: 'bytes' });
  stages.take({ type: 'progress', stage: 'never started', done: 1, total: 2, unit: 'files' });
  now = 4000;
  expect(stages.describe()).toBe('fetch 1 MiB of 3 MiB 4 s · chrootenv 1 s');
  const bytes = { type: 'progress', stage: 'fetch', total: 3 * 1024 ** 2, unit: 'bytes' } as const;
  stages.take({ ...bytes, done: 2 * 1024 ** 2, rate: 512 * 1024, secondsLeft: 2 });
  expect(stages.describe()).toBe('fetch 2 MiB of 3 MiB (512 KiB/s, 2 s left) 4 s · chrootenv 1 s');
  stage('fetch', 'finished');
  stages.take({ type: 'progress', stage: 'chrootenv', done: 3, total: 9, unit: 'packages' });
  expect(stages.describe()).toBe('chrootenv 3 of 9 packages 1 s');
});
