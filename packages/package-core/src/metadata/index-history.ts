import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { redactUrl, sha256, writeFileAtomic } from '@ic/utils';
import type { Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { describeIndex, type IndexSubject } from './index-errors.js';

/** Where an index stands among those of its repository, by what it says of itself. */
export interface IndexAge {
  readonly kind: 'date' | 'revision';
  /** date: milliseconds since 1970; revision: a number that only grows. */
  readonly value: number;
}

/**
 * What becomes of an index that is older than the newest one seen: it is refused; it is taken, and counts as the newest
 * from then on; or nobody asks, and nothing is remembered.
 */
export type RollbackPolicy = 'refuse' | 'allow' | 'ignore';

/** The newest index that was seen of each repository, on disk. */
export interface IndexHistory {
  /**
   * Compares an index that was proven with those seen before. Gives what remembers it, to be called when it is taken.
   * @throws PackageError INDEX_ROLLED_BACK
   */
  admit(subject: HistorySubject, age: IndexAge | undefined): Promise<() => Promise<void>>;
}

export type HistorySubject = IndexSubject & { readonly repository: Repository };

/** Digits of a record's name: names sort as their values do, up to Number.MAX_SAFE_INTEGER. */
const DIGITS = 16;

/**
 * A history in a folder. What was seen is a set of file names that only grows but for `allow`, and its greatest member
 * counts: builds at the same time neither wait for each other nor lose what another has seen.
 */
export function createIndexHistory(folder: string, policy: RollbackPolicy): IndexHistory {
  return {
    async admit(subject, age) {
      if (policy === 'ignore') return async () => {};
      const place = join(folder, sha256(identityOf(subject)));
      const seen = await readRecords(place);
      // A repository may change from one kind to the other: then there is nothing to compare.
      const comparable = age === undefined ? seen : seen.filter(({ kind }) => kind === age.kind);
      const newer = comparable.filter(({ value }) => age === undefined || value > age.value);
      if (policy === 'refuse' && newer.length > 0) throw rolledBack(subject, age, newest(newer));
      return async () => {
        if (age === undefined) return removeRecords(place, newer);
        await writeFileAtomic(join(place, recordName(age)), `${identityOf(subject)}\n`);
        await removeRecords(
          place,
          comparable.filter(({ value }) => value !== age.value),
        );
      };
    },
  };
}

/**
 * Which repository this is, from whatever mirror it comes. The keys belong to it: where others may sign, it is another
 * publisher's.
 */
function identityOf({ repository, suite = '' }: HistorySubject): string {
  const { url, mirrorSource } = repository.stated ?? repository;
  return JSON.stringify([redactUrl(mirrorSource?.url ?? url), suite, [...repository.fingerprints].sort()]);
}

function recordName({ kind, value }: IndexAge): string {
  return `${kind}-${String(value).padStart(DIGITS, '0')}`;
}

async function readRecords(place: string): Promise<IndexAge[]> {
  const names = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  return names.flatMap((name) => {
    const [, kind, digits] = /^(date|revision)-(\d{16})$/.exec(name) ?? [];
    return kind === 'date' || kind === 'revision' ? [{ kind, value: Number(digits) }] : [];
  });
}

async function removeRecords(place: string, records: readonly IndexAge[]): Promise<void> {
  await Promise.all(records.map((record) => rm(join(place, recordName(record)), { force: true })));
}

function newest(records: readonly IndexAge[]): IndexAge | undefined {
  return records.reduce<IndexAge | undefined>(
    (best, record) => (best === undefined || record.value > best.value ? record : best),
    undefined,
  );
}

function rolledBack(
  subject: HistorySubject,
  age: IndexAge | undefined,
  last: IndexAge | undefined,
): PackageError {
  const [is, was] = [describeAge(age), describeAge(last)];
  return new PackageError(
    'INDEX_ROLLED_BACK',
    `the index of ${describeIndex(subject)} is older than the one that was seen last: it is ${is}, that was ${was}`,
    {
      hint: 'the mirror is behind, or somebody serves an old index again: use another mirror, or wait; --allow-rollback takes the older one, which then counts as seen last',
      details: { repository: subject.repository.name, suite: subject.suite ?? '', found: is, seen: was },
    },
  );
}

function describeAge(age: IndexAge | undefined): string {
  if (age === undefined) return 'of no date';
  return age.kind === 'date' ? `of ${new Date(age.value).toISOString()}` : `revision ${age.value}`;
}
