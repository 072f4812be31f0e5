import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterAll, describe, expect, it } from 'vitest';
import { createLogger } from './logger.js';

const folder = mkdtempSync(join(tmpdir(), 'ic-logger-'));
afterAll(() => rmSync(folder, { recursive: true }));

function lines(text: string): Record<string, unknown>[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe('createLogger', () => {
  it('appends JSON lines to a file', async () => {
    const file = join(folder, 'log');
    writeFileSync(file, '{"before":1}\n');
    const logger = createLogger({ level: 'debug', file });
    logger.debug('one', { size: 1, level: 'ignored' });
    logger.error('two\nlines', { error: new Error('why') });
    await logger.close();
    expect(lines(readFileSync(file, 'utf8'))).toEqual([
      { before: 1 },
      { size: 1, level: 'debug', message: 'one', timestamp: expect.stringMatching(/^\d{4}-.*Z$/) },
      { error: 'Error: why', level: 'error', message: 'two\nlines', timestamp: expect.any(String) },
    ]);
  });

  it('has written everything when it is closed', async () => {
    const file = join(folder, 'many');
    const logger = createLogger({ level: 'debug', file });
    for (let count = 0; count < 5000; count += 1) logger.info('x'.repeat(100));
    await logger.close();
    expect(lines(readFileSync(file, 'utf8'))).toHaveLength(5000);
  });

  it.each([
    ['debug', ['debug', 'info', 'warn', 'error']],
    ['info', ['info', 'warn', 'error']],
    ['warn', ['warn', 'error']],
    ['error', ['error']],
  ] as const)('at level %s writes %j', async (level, expected) => {
    const stream = new PassThrough();
    const logger = createLogger({ level, stream });
    for (const each of ['debug', 'info', 'warn', 'error'] as const) logger[each](each);
    await logger.close();
    expect(lines(String(stream.read())).map((line) => line['message'])).toEqual(expected);
    expect(stream.writable).toBe(true);
  });

  it('survives fields that JSON cannot hold', async () => {
    const stream = new PassThrough();
    const logger = createLogger({ level: 'info', stream });
    const circle: Record<string, unknown> = { big: 1n };
    circle['self'] = circle;
    logger.info('odd', circle);
    await logger.close();
    expect(lines(String(stream.read()))[0]).toMatchObject({ message: 'odd' });
  });

  it('fails at once when the file cannot be opened', () => {
    expect(() => createLogger({ level: 'info', file: join(folder, 'none', 'log') })).toThrow('ENOENT');
  });

  it.skipIf(!existsSync('/dev/full'))('outlives a full disk', async () => {
    const logger = createLogger({ level: 'info', file: '/dev/full' });
    logger.info('lost');
    await new Promise((resolve) => setTimeout(resolve, 20));
    logger.info('lost too');
    await expect(logger.close()).resolves.toBeUndefined();
  });
});
