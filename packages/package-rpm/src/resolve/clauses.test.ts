import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Dependency } from '../dependency.js';
import { parseRichDependency, type RichDependency } from '../rich-dependency.js';
import { clausesOf } from './clauses.js';

/** Packages are numbers here; each name is met by some of them, `rpm` always. */
const MET: Readonly<Record<string, readonly number[]>> = {
  a: [0],
  b: [1, 2],
  c: [2, 3, 4],
  d: [4],
  none: [],
};
const PACKAGES = [0, 1, 2, 3, 4];
const meeting = ({ name }: Dependency) => (name === 'rpm' ? 'always' : (MET[name] ?? []));

/** What rpm says of a dependency beside a set of packages (lib/depends.c, unsatisfiedDepend and unsatisfiedDependSet). */
function isMet(rich: RichDependency, there: ReadonlySet<number>): boolean {
  switch (rich.kind) {
    case 'and':
      return rich.operands.every((operand) => isMet(operand, there));
    case 'or':
      return rich.operands.some((operand) => isMet(operand, there));
    case 'if':
      if (isMet(rich.condition, there)) return isMet(rich.consequence, there);
      return rich.otherwise === undefined || isMet(rich.otherwise, there);
    case 'unless':
      if (!isMet(rich.condition, there)) return isMet(rich.consequence, there);
      return rich.otherwise !== undefined && isMet(rich.otherwise, there);
    case 'simple':
      return rich.dependency.name === 'rpm' || setOf(rich).some((pkg) => there.has(pkg));
    default:
      return setOf(rich).some((pkg) => there.has(pkg));
  }
}

function setOf(rich: RichDependency): number[] {
  if (rich.kind === 'simple') return [...(MET[rich.dependency.name] ?? [])];
  if (!('operands' in rich)) return [];
  const [first = [], ...others] = rich.operands.map(setOf);
  if (rich.kind === 'or') return [first, ...others].flat();
  return first.filter((pkg) => others.every((other) => other.includes(pkg) === (rich.kind === 'with')));
}

const leaf = fc
  .constantFrom('a', 'b', 'c', 'd', 'none', 'rpm')
  .map((name): RichDependency => ({ kind: 'simple', dependency: { name } }));
const { rich } = fc.letrec<{ set: RichDependency; rich: RichDependency }>((tie) => ({
  set: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc
      .tuple(
        fc.constantFrom('with' as const, 'or' as const, 'without' as const),
        fc.array(tie('set'), { minLength: 2, maxLength: 2 }),
      )
      .map(([kind, operands]): RichDependency => ({ kind, operands })),
  ),
  rich: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    tie('set'),
    fc
      .tuple(
        fc.constantFrom('and' as const, 'or' as const),
        fc.array(tie('rich'), { minLength: 2, maxLength: 3 }),
      )
      .map(([kind, operands]): RichDependency => ({ kind, operands })),
    fc
      .tuple(
        fc.constantFrom('if' as const, 'unless' as const),
        tie('rich'),
        tie('rich'),
        fc.option(tie('rich'), { nil: undefined }),
      )
      .map(
        ([kind, consequence, condition, otherwise]): RichDependency => ({
          kind,
          consequence,
          condition,
          otherwise,
        }),
      ),
  ),
}));

describe('clausesOf', () => {
  it.each([true, false])('says what rpm says of every set of packages; holds: %s', (holds) => {
    fc.assert(
      fc.property(rich, (dependency) => {
        const clauses = clausesOf(dependency, holds, meeting);
        for (let bits = 0; bits < 1 << PACKAGES.length; bits += 1) {
          const there = new Set(PACKAGES.filter((pkg) => (bits >> pkg) & 1));
          const kept = clauses.every(
            ({ anyOf, when }) => anyOf.some((pkg) => there.has(pkg)) || !when.every((pkg) => there.has(pkg)),
          );
          expect(kept).toBe(isMet(dependency, there) === holds);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('keeps the order of alternatives, and what they were asked for', () => {
    // Where 2 is there, it meets what is asked for.
    expect(clausesOf(parseRichDependency('((c or a) if b)'), true, meeting)).toEqual([
      { anyOf: [2, 3, 4, 0], when: [1], asks: [{ name: 'c' }, { name: 'a' }] },
    ]);
  });

  it.each([
    ['conditions within conditions', 40, (inner: string) => `(a if ${inner} else b)`],
    ['alternatives of many parts', 12, (inner: string) => `((a and b and c and d) or ${inner})`],
  ])('does not run away: %s', (_, depth, wrap) => {
    let text = '(c and d)';
    for (let step = 0; step < depth; step += 1) text = wrap(text);
    const start = performance.now();
    try {
      clausesOf(parseRichDependency(text), true, meeting);
    } catch (error) {
      expect(error).toBeInstanceOf(PackageError);
    }
    expect(performance.now() - start).toBeLessThan(2000);
  });

  it('refuses what comes to too many clauses', () => {
    const many = ({ name }: Dependency) => Array.from({ length: 200 }, (_, place) => `${name}-${place}`);
    const dependency = parseRichDependency('((a if b) or (c if d))');
    expect(() => clausesOf(dependency, true, many)).toThrow(
      'a rich dependency comes to more than 10000 clauses',
    );
  });
});
