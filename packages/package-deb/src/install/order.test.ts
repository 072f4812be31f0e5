import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseRelations } from '../relation.js';
import { type Installable, installWaves } from './order.js';

/** `name`, then words: `E` essential, `I` preinst, `P` postinst, `>x` Depends, `>>x` Pre-Depends, `=x` Provides. */
function pkg(text: string): Installable {
  const [name = '', ...words] = text.split(' ');
  const after = (prefix: string) =>
    parseRelations(
      words
        .filter((word) => /^[>=]*/.exec(word)?.[0] === prefix)
        .map((word) => word.slice(prefix.length))
        .join(', '),
    );
  return {
    name,
    architecture: 'amd64',
    essential: words.includes('E'),
    hasPreinst: words.includes('I'),
    hasPostinst: words.includes('P'),
    depends: after('>'),
    preDepends: after('>>'),
    provides: after('='),
  };
}

const names = (waves: Installable[][]) =>
  waves.map((wave) => wave.map(({ name }) => name).join(' ')).join(' | ');

describe('installWaves', () => {
  it.each([
    ['nothing', [], ''],
    ['names settle ties', ['b', 'a', 'c'], 'a b c'],
    ['dependencies come first', ['a >b', 'b >c', 'c'], 'c b a'],
    ['so do pre-dependencies', ['a >>b', 'b'], 'b a'],
    ['the essential set is the first wave', ['z E', 'a'], 'z | a'],
    ['with all that it needs', ['sh E >lib', 'lib >>base', 'base', 'app >lib'], 'base lib sh | app'],
    ['an alternative that is in the set counts, the first of them', ['a >x|c|b', 'b', 'c'], 'c a b'],
    ['a provided name stands for all who provide it', ['a >mta', 'z =mta', 'b =mta'], 'b z a'],
    ['one that has the name itself too', ['a >b', 'c =b', 'b'], 'b c a'],
    ['a cycle is broken at its first name', ['a >b', 'b >c', 'c >a'], 'c b a'],
    ['and needs are still met around it', ['a >b', 'b >a >d', 'd', 'e >a'], 'd b a e'],
    ['a dependency outside of the set is nobody', ['a >gone'], 'a'],
    ['a package may depend on itself', ['a >a >>a I P'], 'a'],
    ['a preinst without Pre-Depends waits for nobody', ['a I >b', 'b P'], 'b a'],
    ['Pre-Depends without a preinst neither', ['a >>b', 'b P'], 'b a'],
    ['nor on what needs no postinst', ['a I >>b', 'b'], 'b a'],
    ['a preinst waits for the scripts of its Pre-Depends', ['a I >>b', 'b P'], 'b | a'],
    ['and of what those need', ['a I >>b', 'b >c', 'c P'], 'c b | a'],
    ['and whoever needs it waits along', ['a I >>b', 'b P', 'd >a', 'e'], 'b e | a d'],
    ['waiting adds up', ['a I P >>b', 'b P', 'c I >>a'], 'b | a | c'],
    ['what is essential is there already', ['a I >>b', 'b P E'], 'b | a'],
    ['Pre-Depends in a cycle with their package cannot come earlier', ['a I >>b', 'b P >a'], 'b a'],
  ])('%s', (_, texts, order) => {
    expect(names(installWaves(texts.map(pkg)))).toBe(order);
  });

  it('two architectures of a package are two packages', () => {
    const both = ['i386', 'amd64'].map((architecture) => ({ ...pkg('lib'), architecture }));
    expect(
      installWaves(both)
        .flat()
        .map(({ architecture }) => architecture),
    ).toEqual(['amd64', 'i386']);
  });
});

/** A set in which relations may go anywhere, circles included. */
const packageSet = fc.integer({ min: 1, max: 14 }).chain((count) => {
  const name = fc.integer({ min: 0, max: count }).map((index) => `p${String(index).padStart(2, '0')}`);
  const words = fc.record({
    flags: fc.subarray(['E', 'I', 'P']),
    relations: fc.array(fc.tuple(fc.constantFrom('>', '>', '>>', '='), name), { maxLength: 4 }),
  });
  return fc
    .array(words, { minLength: count, maxLength: count })
    .map((all) =>
      all.map(({ flags, relations }, index) =>
        pkg(
          [`p${String(index).padStart(2, '0')}`, ...flags, ...relations.map((pair) => pair.join(''))].join(
            ' ',
          ),
        ),
      ),
    );
});

/** What a package needs in the set, read independently of the implementation. */
function needsOf(
  packages: readonly Installable[],
  { depends, preDepends }: Pick<Installable, 'depends' | 'preDepends'>,
) {
  return [...depends, ...preDepends].flatMap(([relation]) =>
    packages.filter(
      (other) =>
        other.name === relation?.name ||
        other.provides.some(([provided]) => provided?.name === relation?.name),
    ),
  );
}

function reached(packages: readonly Installable[], from: readonly Installable[]): Set<Installable> {
  const seen = new Set<Installable>(from);
  for (const item of seen) for (const next of needsOf(packages, item)) seen.add(next);
  return seen;
}

describe('for any set', () => {
  const forAll = (check: (packages: Installable[], waves: Installable[][]) => void) =>
    fc.assert(
      fc.property(packageSet, (packages) => check(packages, installWaves(packages))),
      { numRuns: 300 },
    );

  it('every package comes exactly once and no wave is empty', () =>
    forAll((packages, waves) => {
      expect(
        waves
          .flat()
          .map(({ name }) => name)
          .sort(),
      ).toEqual(packages.map(({ name }) => name));
      expect(waves.every((wave) => wave.length > 0)).toBe(true);
    }));

  it('the first wave is the essential set with all that it needs, when there is one', () =>
    forAll((packages, waves) => {
      const base = reached(
        packages,
        packages.filter(({ essential }) => essential),
      );
      if (base.size > 0) expect(new Set(waves[0])).toEqual(base);
    }));

  it('what a package needs comes in no later wave, and earlier in its own unless they need each other', () =>
    forAll((packages, waves) => {
      const order = waves.flat();
      const wave = (item: Installable) => waves.findIndex((members) => members.includes(item));
      for (const item of packages) {
        for (const needed of needsOf(packages, item)) {
          expect(wave(needed)).toBeLessThanOrEqual(wave(item));
          if (!reached(packages, [needed]).has(item))
            expect(order.indexOf(needed)).toBeLessThan(order.indexOf(item));
        }
      }
    }));

  it('a preinst finds its Pre-Depends configured, unless they are essential with it or need it themselves', () =>
    forAll((packages, waves) => {
      const base = reached(
        packages,
        packages.filter(({ essential }) => essential),
      );
      const wave = (item: Installable) => waves.findIndex((members) => members.includes(item));
      for (const item of packages.filter((one) => one.hasPreinst && !base.has(one))) {
        for (const needed of needsOf(packages, { depends: [], preDepends: item.preDepends })) {
          if (needed.hasPostinst && !reached(packages, [needed]).has(item))
            expect(wave(needed)).toBeLessThan(wave(item));
        }
      }
    }));

  it('nobody waits for nothing: what is not in the first or second wave has such a preinst below it', () =>
    forAll((packages, waves) => {
      const late = waves.slice(2).flat();
      for (const item of late) {
        const below = [...reached(packages, [item])];
        expect(below.some((one) => one.hasPreinst && one.preDepends.length > 0)).toBe(true);
        expect(below.some((one) => one.hasPostinst)).toBe(true);
      }
    }));

  it('the order it was given in does not matter', () =>
    fc.assert(
      fc.property(
        packageSet.chain((packages) =>
          fc.tuple(
            fc.constant(packages),
            fc.shuffledSubarray(packages, { minLength: packages.length, maxLength: packages.length }),
          ),
        ),
        ([packages, shuffled]) => {
          expect(names(installWaves(shuffled))).toBe(names(installWaves(packages)));
        },
      ),
      { numRuns: 300 },
    ));
});

it('three thousand packages in a chain, each with scripts, take less than two seconds', () => {
  const packages = Array.from({ length: 3000 }, (_, index) =>
    pkg(`p${index} P >p${index + 1} >p${(index * 7) % 3000}`),
  );
  const started = performance.now();
  expect(installWaves(packages).flat()).toHaveLength(3000);
  expect(performance.now() - started).toBeLessThan(2000);
});

it('so do a thousand preinst scripts with deep Pre-Depends', () => {
  const chain = Array.from({ length: 2000 }, (_, index) => pkg(`lib${index} P >lib${index + 1}`));
  const packages = [
    ...chain,
    ...Array.from({ length: 1000 }, (_, index) => pkg(`app${index} I >>lib${index}`)),
  ];
  const started = performance.now();
  expect(installWaves(packages)).toHaveLength(2);
  expect(performance.now() - started).toBeLessThan(2000);
});
