/** Epoch, version and release of a package, or of a relation where the release may be missing. */
export interface Evr {
  /** 0 where none is written. */
  readonly epoch: number;
  readonly version: string;
  readonly release?: string | undefined;
}

/** Reads `[epoch:]version[-release]` as rpm does: digits before the first colon, and what follows the last dash. */
export function parseEvr(text: string): Evr {
  const [, epoch, rest = ''] = /^(?:(\d*):)?(.*)$/s.exec(text) ?? [];
  const dash = rest.lastIndexOf('-');
  return {
    epoch: Number(epoch ?? 0),
    version: dash === -1 ? rest : rest.slice(0, dash),
    release: dash === -1 ? undefined : rest.slice(dash + 1),
  };
}

/** `[epoch:]version[-release]`, without an epoch of 0. */
export function formatEvr({ epoch, version, release }: Evr): string {
  return `${epoch === 0 ? '' : `${epoch}:`}${version}${release === undefined ? '' : `-${release}`}`;
}

/**
 * The order of packages (rpm's `rpmverCmp`): negative when `a` is older, positive when it is newer, 0 when both are
 * equal. A missing release is older than any. For relations, where it stands for every release, see `overlaps`.
 */
export function compareEvrs(a: Evr, b: Evr): number {
  return (
    a.epoch - b.epoch ||
    compareVersions(a.version, b.version) ||
    (a.release === undefined || b.release === undefined
      ? Number(a.release !== undefined) - Number(b.release !== undefined)
      : compareVersions(a.release, b.release))
  );
}

/**
 * The order of versions, and of releases (rpm's `rpmvercmp`): runs of digits by their number, runs of letters by
 * their bytes, a number after any letters, whatever else only separates. `~` is before the end, `^` after the end but
 * before all else. -1, 0 or 1; it takes any text.
 */
export function compareVersions(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  let i = 0;
  let j = 0;
  for (;;) {
    while (i < a.length && kindAt(a, i) === SEPARATOR) i += 1;
    while (j < b.length && kindAt(b, j) === SEPARATOR) j += 1;
    const left = kindAt(a, i);
    const right = kindAt(b, j);
    if (left === END && right === END) return 0;
    if (left !== right) return left < right ? -1 : 1;
    if (left === TILDE || left === CARET) {
      i += 1;
      j += 1;
      continue;
    }
    const endOfLeft = endOfRun(a, i, left);
    const endOfRight = endOfRun(b, j, left);
    const order =
      left === DIGIT
        ? compareNumbers(a.slice(i, endOfLeft), b.slice(j, endOfRight))
        : compareText(a.slice(i, endOfLeft), b.slice(j, endOfRight));
    if (order !== 0) return order;
    i = endOfLeft;
    j = endOfRight;
  }
}

/** What stands at a place of a version, numbered in the order in which it sorts. */
const TILDE = 0;
const END = 1;
const CARET = 2;
const LETTER = 3;
const DIGIT = 4;
const SEPARATOR = 5;

function kindAt(text: string, index: number): number {
  if (index >= text.length) return END;
  const code = text.charCodeAt(index);
  if (code >= 0x30 && code <= 0x39) return DIGIT;
  if ((code >= 0x61 && code <= 0x7a) || (code >= 0x41 && code <= 0x5a)) return LETTER;
  if (code === 0x7e) return TILDE;
  return code === 0x5e ? CARET : SEPARATOR;
}

function endOfRun(text: string, start: number, kind: number): number {
  let end = start;
  while (kindAt(text, end) === kind) end += 1;
  return end;
}

/** Of decimal numbers of any length. */
function compareNumbers(a: string, b: string): -1 | 0 | 1 {
  const left = a.replace(/^0+/, '');
  const right = b.replace(/^0+/, '');
  if (left.length !== right.length) return left.length < right.length ? -1 : 1;
  return compareText(left, right);
}

function compareText(a: string, b: string): -1 | 0 | 1 {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
