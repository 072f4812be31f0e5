import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

const FORM = /^(\d{4})-(\d{2})-(\d{2})(T.*)?$/;

/**
 * A time of a template as the repositories compare it: ISO 8601 in UTC with milliseconds. A date alone is its beginning
 * in UTC. A day that no calendar has is added to the report. Pure.
 */
export function snapshotTime(text: string, where: { path: Path; report: Report }): string | undefined {
  const [, year, month, day] = (FORM.exec(text) ?? []).map(Number);
  const calendar = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0));
  const time = new Date(text);
  // Date takes 31 days in every month, and goes on into the next.
  if (calendar.getUTCMonth() === (month ?? 0) - 1 && !Number.isNaN(time.getTime())) return time.toISOString();
  where.report.add(where.path, `"${text}" is not a time that there is`, {
    hint: 'write a date or a time in ISO 8601: 2026-03-01 or 2026-03-01T12:00:00Z',
  });
  return undefined;
}
