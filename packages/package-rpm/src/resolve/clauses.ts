import { PackageError } from '@ic/package-core';
import type { Dependency } from '../dependency.js';
import type { RichDependency } from '../rich-dependency.js';

/** One of `anyOf`, where all of `when` are there. */
export interface Clause<Package> {
  readonly anyOf: readonly Package[];
  readonly when: readonly Package[];
  /** What the packages of `anyOf` meet, and what no package does. */
  readonly asks: readonly Dependency[];
}

/** What meets a dependency without operators, best first; 'always' when it is met whatever is chosen. */
export type Meeting<Package> = (dependency: Dependency) => readonly Package[] | 'always';

type Clauses<Package> = readonly Clause<Package>[];

/**
 * A rich dependency, or with `holds` false its opposite, in conjunctive normal form. As in rpm and libsolv
 * `a if b else c` is (a or not b) and (c or b), `a unless b else c` is (a and not b) or (c and b), and `with` and
 * `without` are sets of packages.
 * @throws PackageError REPOSITORY_INVALID when it comes to more than 10,000 clauses
 */
export function clausesOf<Package>(
  rich: RichDependency,
  holds: boolean,
  meeting: Meeting<Package>,
): Clauses<Package> {
  /** A condition with `else` is looked at twice; without these, one within the other takes exponential time. */
  const known = new Map<RichDependency, Map<boolean, Clauses<Package>>>();

  function clauses(one: RichDependency, positive: boolean): Clauses<Package> {
    const ofBoth = known.get(one) ?? new Map<boolean, Clauses<Package>>();
    known.set(one, ofBoth);
    const found = ofBoth.get(positive) ?? expand(one, positive);
    ofBoth.set(positive, found);
    return found;
  }

  function expand(one: RichDependency, positive: boolean): Clauses<Package> {
    switch (one.kind) {
      case 'and':
      case 'or': {
        const parts = one.operands.map((operand) => clauses(operand, positive));
        return (one.kind === 'and') === positive ? both(...parts) : parts.reduce(either);
      }
      case 'if':
      case 'unless': {
        const { kind, consequence, condition, otherwise } = one;
        if (otherwise === undefined) {
          const combine = (kind === 'unless') === positive ? both : either;
          return combine(clauses(consequence, positive), clauses(condition, !positive));
        }
        const [there, absent] = kind === 'if' ? [consequence, otherwise] : [otherwise, consequence];
        return both(
          either(clauses(there, positive), clauses(condition, false)),
          either(clauses(absent, positive), clauses(condition, true)),
        );
      }
      default: {
        const set = one.kind === 'simple' ? meeting(one.dependency) : packagesOf(one, meeting);
        if (set === 'always') return positive ? [] : [{ anyOf: [], when: [], asks: [] }];
        if (positive) return [{ anyOf: set, when: [], asks: dependenciesOf(one) }];
        return set.map((pkg) => ({ anyOf: [], when: [pkg], asks: [] }));
      }
    }
  }

  return clauses(rich, holds);
}

/** The packages that meet a dependency by themselves. */
function packagesOf<Package>(rich: RichDependency, meeting: Meeting<Package>): readonly Package[] {
  if (rich.kind === 'simple') {
    const set = meeting(rich.dependency);
    return set === 'always' ? [] : set;
  }
  if (!('operands' in rich)) return [];
  const [first = [], ...others] = rich.operands.map((operand) => packagesOf(operand, meeting));
  if (rich.kind === 'with') return first.filter((pkg) => others.every((other) => other.includes(pkg)));
  if (rich.kind === 'without') return first.filter((pkg) => !others.some((other) => other.includes(pkg)));
  return [...new Set([first, ...others].flat())];
}

function dependenciesOf(rich: RichDependency): Dependency[] {
  if (rich.kind === 'simple') return [rich.dependency];
  if (!('operands' in rich)) return [];
  return (rich.kind === 'without' ? rich.operands.slice(0, 1) : rich.operands).flatMap(dependenciesOf);
}

const MOST_CLAUSES = 10_000;

function both<Package>(...parts: readonly Clauses<Package>[]): Clauses<Package> {
  limit(parts.reduce((sum, part) => sum + part.length, 0));
  return parts.flat();
}

/** Either all clauses of `a` or all of `b`. */
function either<Package>(a: Clauses<Package>, b: Clauses<Package>): Clauses<Package> {
  limit(a.length * b.length);
  return a.flatMap((left) =>
    b
      .map((right) => ({
        anyOf: [...new Set([...left.anyOf, ...right.anyOf])],
        when: [...new Set([...left.when, ...right.when])],
        asks: [...left.asks, ...right.asks],
      }))
      .filter(({ anyOf, when }) => !anyOf.some((pkg) => when.includes(pkg))),
  );
}

function limit(count: number): void {
  if (count <= MOST_CLAUSES) return;
  throw new PackageError(
    'REPOSITORY_INVALID',
    `a rich dependency comes to more than ${MOST_CLAUSES} clauses`,
    {
      hint: 'this is the fault of the package that has it; use another version of it',
    },
  );
}
