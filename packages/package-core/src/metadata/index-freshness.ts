import { PackageError } from '../errors.js';
import { describeIndex, type IndexSubject } from './index-errors.js';

/** How far an index or its signature may be ahead of our clock, in milliseconds; apt's Acquire::Max-FutureTime. */
export const MAX_FUTURE = 10_000;

export interface IndexDates {
  /** When it was published. */
  readonly date?: Date | undefined;
  readonly validUntil?: Date | undefined;
}

/** @throws PackageError INDEX_EXPIRED, INDEX_NOT_YET_VALID for an index that is not valid at `now` */
export function checkFreshness(subject: IndexSubject, { date, validUntil }: IndexDates, now: Date): void {
  const details = {
    repository: subject.repository.name,
    suite: subject.suite ?? '',
    date: date?.toISOString() ?? null,
    validUntil: validUntil?.toISOString() ?? null,
    now: now.toISOString(),
  };
  const index = `the index of ${describeIndex(subject)}`;
  if (validUntil !== undefined && validUntil < now) {
    throw new PackageError(
      'INDEX_EXPIRED',
      `${index} was valid until ${details.validUntil} only, and it is ${details.now}`,
      {
        hint: 'the mirror is out of date or the clock of this machine is wrong: use another mirror, and not --offline; --at TIME builds from an archive of the past',
        details,
      },
    );
  }
  if (date !== undefined && date.getTime() > now.getTime() + MAX_FUTURE) {
    throw new PackageError(
      'INDEX_NOT_YET_VALID',
      `${index} is of ${details.date}, and it is only ${details.now}`,
      {
        hint: 'set the clock of this machine; with --at TIME, name a time after the index was published',
        details,
      },
    );
  }
}
