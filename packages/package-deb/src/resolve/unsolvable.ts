import { type PackageError, packageTitle, type Reason, unsolvable } from '@ic/package-core';
import type { DebPackage } from '../packages-index.js';
import { isBase } from './goals.js';
import { leftOutWords } from './left-out.js';
import { type DebUniverse, ONE_VERSION, type PackageSource } from './universe.js';

/** PACKAGE_UNSOLVABLE in Debian's words. */
export function unsolvableDebs(
  source: PackageSource,
  universe: DebUniverse,
  explanation: readonly Reason<DebPackage>[],
): PackageError {
  return unsolvable(explanation, {
    goal: ({ because, anyOf }) =>
      isBase(because) ? `${anyOf[0]?.name} is part of every image (${because})` : `${because} is asked for`,
    need: (pkg, { because }) => `${packageTitle(pkg)} needs ${because.replace(/^(.*?): (.*)$/, '$2 ($1)')}`,
    collision: (pkg, other, because) =>
      because === ONE_VERSION
        ? `${packageTitle(pkg)} and ${packageTitle(other)} are versions of one package`
        : `${packageTitle(pkg)} cannot be together with ${packageTitle(other)} (${because})`,
    unmet(requirement) {
      const relations = universe.unmet(requirement) ?? [];
      const [first] = relations;
      if (first === undefined) return undefined;
      const names = relations.map(({ name }) => name);
      return {
        name: first.name,
        relation: first.text,
        best: universe.versionsOf(first.name)[0],
        there: names.flatMap(universe.versionsOf),
        missing: names.filter((name) => universe.versionsOf(name).length === 0),
        leftOut: leftOutWords(names.flatMap((name) => source.leftOut(name))),
      };
    },
    isAsked: ({ because }) => !isBase(because),
    names: () => source.names(),
    places: { version: 'a repository or suite', name: 'the repository or component' },
  });
}
