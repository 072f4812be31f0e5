import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Installable, installOrder } from './order.js';

/** `name: needed, needed! …`; `!` is Requires(pre), `~` OrderWithRequires; `=cap` provides, `/path` brings a file. */
function packagesOf(text: string): Installable[] {
  return text
    .trim()
    .split('\n')
    .map((line) => {
      const [name = '', rest = ''] = line.trim().split(/:\s*/, 2);
      const words = rest.split(/,\s*/).filter((word) => word !== '');
      const needed = words.filter((word) => !/^[=+~]/.test(word));
      const named = (mark: string) =>
        words.filter((word) => word.startsWith(mark)).map((word) => ({ name: word.slice(1) }));
      return {
        name,
        architecture: 'noarch',
        provides: named('='),
        requires: needed.map((word) => ({ name: word.replace(/!$/, ''), pre: word.endsWith('!') })),
        order: named('~'),
        files: named('+').map((file) => ({ path: file.name })),
      };
    });
}

const orderOf = (text: string) => installOrder(packagesOf(text)).map((pkg) => pkg.name);

describe('installOrder', () => {
  it.each([
    ['names settle what nothing else does', 'b\na\nc', 'a b c'],
    ['what is needed comes first', 'a: b\nb: c\nc', 'c b a'],
    ['by any name that it provides', 'a: libx.so.1()(64bit)\nz: =libx.so.1()(64bit)', 'z a'],
    ['or a file that it brings', 'a: /usr/bin/tool\nz: +/usr/bin/tool', 'z a'],
    ['every provider of a name', 'a: cap\ny: =cap\nz: =cap', 'y z a'],
    ['but nobody for what a package has itself', 'a: cap, =cap\nb: =cap', 'a b'],
    ['what nobody has is not waited for', 'a: rpmlib(X)\nb', 'a b'],
    ['OrderWithRequires counts', 'a: ~z\nz', 'z a'],
    ['the package that most need is the first of all', 'a\nfs\nlib: fs\nsh: fs, lib', 'fs a lib sh'],
    ['the operands of a rich dependency', 'a: (y and z)\ny\nz', 'y z a'],
    ['either operand', 'a: (y or z)\ny\nz', 'y z a'],
    ['not its condition', 'a: (y if z)\nw\ny\nz: w', 'w y a z'],
    ['but its else', 'a: (x if y else z)\nw\nx\ny: w\nz: w', 'w x z a y'],
    ['not what is excluded', 'a: (y without z)\nw\ny\nz: w', 'w y a z'],
    ['a circle begins with a name', 'a: b\nb: a', 'a b'],
    ['but a scriptlet’s need outweighs it', 'a: b!\nb: a', 'b a'],
    ['also of another in the circle', 'a: c!\nb: a\nc: b', 'b c a'],
    ['a scriptlet’s needs in a circle are broken by name', 'b: c!\nc: b!, a\na: c', 'a b c'],
    [
      'what a scriptlet’s program needs comes before it too',
      'a: sh!, z\nlib: z\nsh: lib\nz: a',
      'lib sh z a',
    ],
    ['who lacks least begins', 'a: b, c\nb: c\nc: a', 'b a c'],
  ])('%s', (_, text, expected) => {
    expect(orderOf(text).join(' ')).toBe(expected);
  });

  const sets = fc.array(fc.tuple(fc.nat(11), fc.nat(11), fc.boolean()), { maxLength: 30 }).map((edges) =>
    [...Array(12).keys()].map((index) => ({
      name: `p${String(index).padStart(2, '0')}`,
      architecture: 'noarch',
      provides: [],
      requires: edges
        .filter(([from, to]) => from === index && to !== index)
        .map(([, to, pre]) => ({ name: `p${String(to).padStart(2, '0')}`, pre })),
      order: [],
      files: [],
    })),
  );

  /** What can be reached from a package over some of its needs. */
  function reached(packages: readonly Installable[], from: Installable, preOnly: boolean): Set<string> {
    const names = new Set<string>();
    const open = [from];
    for (let pkg = open.pop(); pkg !== undefined; pkg = open.pop()) {
      for (const { name, pre } of pkg.requires) {
        if (names.has(name) || (preOnly && pre !== true)) continue;
        names.add(name);
        open.push(...packages.filter((other) => other.name === name));
      }
    }
    return names;
  }

  it('has every package once, each after what it needs but for circles', () => {
    fc.assert(
      fc.property(sets, (packages) => {
        const order = installOrder(packages);
        expect(new Set(order)).toEqual(new Set(packages));
        expect(order).toHaveLength(packages.length);
        const place = new Map(order.map((pkg, index) => [pkg.name, index]));
        for (const pkg of packages) {
          for (const { name, pre } of pkg.requires) {
            const needed = packages.find((other) => other.name === name);
            if (needed === undefined || reached(packages, needed, pre === true).has(pkg.name)) continue;
            expect(place.get(name)).toBeLessThan(place.get(pkg.name) ?? -1);
          }
        }
      }),
    );
  });

  it('does not depend on the order given', () => {
    fc.assert(
      fc.property(
        sets.chain((packages) =>
          fc.tuple(fc.constant(packages), fc.shuffledSubarray(packages, { minLength: packages.length })),
        ),
        ([packages, shuffled]) => {
          expect(installOrder(shuffled)).toEqual(installOrder(packages));
        },
      ),
    );
  });

  it('orders a thousand packages that all need each other in a moment', () => {
    const packages = [...Array(1000).keys()].map((index) => ({
      name: `p${index}`,
      architecture: 'noarch',
      provides: [],
      requires: [1, 7, 13].map((step) => ({
        name: `p${(index + step) % 1000}`,
        pre: step === 7 && index < 900,
      })),
      order: [],
      files: [],
    }));
    const start = performance.now();
    expect(installOrder(packages)).toHaveLength(1000);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
