import { UtilsError } from './errors.js';

const UNITS: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1000 ** 2,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1000 ** 3,
  t: 1024 ** 4,
  tib: 1024 ** 4,
  tb: 1000 ** 4,
};

/**
 * Bytes of a size as people write it: `4GiB`, `513MiB`, `1.5G`, `100MB`, `4096`. A bare letter is a power of 1024.
 *
 * @throws UtilsError SIZE_INVALID
 */
export function parseSize(text: string): number {
  const match = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(text);
  const unit = UNITS[(match?.[2] ?? '?').toLowerCase()];
  const bytes = Number(match?.[1]) * (unit ?? Number.NaN);
  if (!Number.isSafeInteger(bytes)) {
    throw new UtilsError('SIZE_INVALID', `"${text}" is not a size`, {
      fault: 'request',
      hint: 'write a number and a unit: 4GiB, 512MiB, 1.5G, 100MB',
    });
  }
  return bytes;
}

/** A size for people, in binary units with at most one decimal: 1.5 GiB, 512 MiB, 17 B. */
export function formatSize(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${Number(value.toFixed(1))} ${units[unit]}`;
}
