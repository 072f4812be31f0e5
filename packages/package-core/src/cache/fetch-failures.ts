import type { PackageRef } from '../contract.js';
import { PackageError } from '../errors.js';

/** A repository that failed this often without a success between is not asked for more. */
const MOST_IN_A_ROW = 10;

/** What could not be had while the rest was fetched. */
export interface FetchFailures {
  /** Whether there is hope for a further package of this repository; one for which there is none counts as not tried. */
  isWorthATry(ref: PackageRef): boolean;
  succeeded(ref: PackageRef): void;
  /** Whether an error concerns this package alone, and is noted; a full disk or an unsafe server concerns all. */
  noted(ref: PackageRef, error: unknown): boolean;
  /** One error for everything that is missing, of `total` packages; undefined when nothing is. */
  error(total: number): PackageError | undefined;
}

export function createFetchFailures(): FetchFailures {
  const inARow = new Map<string, number>();
  const failures: { readonly ref: PackageRef; readonly error: PackageError }[] = [];
  const untried: PackageRef[] = [];
  return {
    isWorthATry(ref) {
      if ((inARow.get(ref.repository) ?? 0) < MOST_IN_A_ROW) return true;
      untried.push(ref);
      return false;
    },
    succeeded: ({ repository }) => inARow.delete(repository),
    noted(ref, error) {
      if (untried.includes(ref)) return true;
      if (!(error instanceof PackageError)) return false;
      failures.push({ ref, error });
      inARow.set(ref.repository, (inARow.get(ref.repository) ?? 0) + 1);
      return true;
    },
    error(total) {
      const [first] = failures;
      if (first === undefined) return undefined;
      const count = failures.length + untried.length;
      if (count === 1) return first.error;
      const sorted = [...failures].sort((a, b) => (a.ref.name < b.ref.name ? -1 : 1));
      const codes = [...new Set(failures.map(({ error }) => error.code))].sort();
      const groups = codes.map((code) => {
        const refs = failures.filter(({ error }) => error.code === code).map(({ ref }) => ref);
        return `${code}: ${names(refs)}`;
      });
      if (untried.length > 0) groups.push(`not tried after so many failures: ${names(untried)}`);
      const [code = 'FETCH_INCOMPLETE'] = codes.length === 1 ? codes : [];
      return new PackageError(
        code,
        `${count} of ${total} packages could not be fetched (${groups.join('; ')}); the first: ${first.error.message}`,
        {
          cause: first.error,
          hint:
            code === first.error.code
              ? first.error.hint
              : 'what came is kept: try again for the rest, or choose another mirror with --mirror NAME=URL',
          details: {
            missing: [
              ...sorted.map(({ ref, error }) => ({
                ...idOf(ref),
                code: error.code,
                reason: error.message,
              })),
              ...untried.map((ref) => ({ ...idOf(ref), code: null, reason: 'not tried' })),
            ],
          },
        },
      );
    },
  };
}

function names(refs: readonly PackageRef[]): string {
  return refs
    .map(({ name, version }) => `${name} ${version}`)
    .sort()
    .join(', ');
}

function idOf({ name, version, repository }: PackageRef) {
  return { package: name, version, repository };
}
