import { parseTime } from '@ic/utils';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

/**
 * A time of a template as the repositories compare it: ISO 8601 in UTC with milliseconds. A date alone is its beginning
 * in UTC. What is no time is added to the report. Pure.
 */
export function snapshotTime(text: string, where: { path: Path; report: Report }): string | undefined {
  const time = parseTime(text);
  if (time !== undefined) return time.toISOString();
  where.report.add(where.path, `"${text}" is not a time that there is`, {
    hint: 'write a date or a time in ISO 8601: 2026-03-01 or 2026-03-01T12:00:00Z',
  });
  return undefined;
}
