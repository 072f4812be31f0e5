import { UtilsError } from './errors.js';

const SECOND = 1000;
const UNITS: Readonly<Record<string, number>> = {
  s: SECOND,
  min: 60 * SECOND,
  h: 3600 * SECOND,
  d: 24 * 3600 * SECOND,
  w: 7 * 24 * 3600 * SECOND,
};

/**
 * Milliseconds of a duration as people write it: `30d`, `12h`, `2w`, `90min`, `1.5h`, `45s`.
 *
 * @throws UtilsError DURATION_INVALID
 */
export function parseDuration(text: string): number {
  const [, number, unit = ''] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]+)\s*$/i.exec(text) ?? [];
  const milliseconds = Number(number) * (UNITS[unit.toLowerCase()] ?? Number.NaN);
  if (!Number.isSafeInteger(milliseconds)) {
    throw new UtilsError('DURATION_INVALID', `"${text}" is not a duration`, {
      fault: 'request',
      hint: 'write a number and a unit: 30d, 12h, 2w, 90min, 45s',
    });
  }
  return milliseconds;
}
