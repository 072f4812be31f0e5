import { spawnSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { processMark, processState } from './process-mark.js';

it('is the same for a process as long as it runs', async () => {
  expect(await processMark()).toBe(await processMark());
  expect(await processMark()).toContain(`-${process.pid}-`);
});

it('tells the living, the dead and those that cannot be seen', async () => {
  const [place = '', pid = '', start = ''] = (await processMark()).split('-');
  const ended = spawnSync('true').pid;
  for (const [mark, state] of [
    [`${place}-${pid}-${start}`, 'running'],
    [`${place}-${pid}-${Number(start) + 1}`, 'gone'],
    [`${place}-${ended}-${start}`, 'gone'],
    [`00000000-${pid}-${start}`, 'elsewhere'],
    [`${place}-${pid}`, undefined],
    ['', undefined],
  ] as const) {
    expect(await processState(mark), mark).toBe(state);
  }
});
