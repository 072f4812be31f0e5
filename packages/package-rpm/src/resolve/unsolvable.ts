import { type PackageError, packageTitle, type Reason, unsolvable } from '@ic/package-core';
import { formatDependency } from '../dependency.js';
import type { RpmPackage } from '../rpm-package.js';
import type { PackageSource } from './candidates.js';
import { leftOutWords } from './left-out.js';
import { ONE_VERSION, type RpmUniverse } from './universe.js';

/** PACKAGE_UNSOLVABLE in the words of rpm. */
export function unsolvableRpms(
  source: PackageSource,
  universe: RpmUniverse,
  explanation: readonly Reason<RpmPackage>[],
): PackageError {
  return unsolvable(explanation, {
    goal: ({ because }) => `${because} is asked for`,
    need(pkg, { anyOf, when = [], because }) {
      if (anyOf.length === 0 && when.length > 0) {
        return `${packageTitle(pkg)} cannot be together with ${when.map(packageTitle).join(' and ')} (${because})`;
      }
      const [, field = '', text = ''] = /^(.*?): (.*)$/s.exec(because) ?? [];
      if (field === 'Conflicts') return `${packageTitle(pkg)} conflicts with ${text}`;
      return `${packageTitle(pkg)} needs ${text} (${field})`;
    },
    collision(pkg, other, because) {
      if (because !== ONE_VERSION) {
        return `${packageTitle(pkg)} cannot be together with ${packageTitle(other)} (${because})`;
      }
      return pkg.version !== other.version || pkg.architecture === other.architecture
        ? `${packageTitle(pkg)} and ${packageTitle(other)} are versions of one package`
        : `${packageTitle(pkg)} cannot be there for ${pkg.architecture} and ${other.architecture}`;
    },
    unmet(requirement) {
      const dependencies = universe.unmet(requirement) ?? [];
      const [first] = dependencies;
      if (first === undefined) return undefined;
      const names = dependencies.map(({ name }) => name);
      return {
        name: first.name,
        relation: formatDependency(first),
        best: universe.meeting({ name: first.name })[0],
        there: names.flatMap((name) => universe.meeting({ name })),
        missing: names.filter((name) => universe.meeting({ name }).length === 0),
        leftOut: leftOutWords(
          first.name,
          names.flatMap((name) => source.leftOut(name)),
        ),
      };
    },
    isAsked: () => true,
    names: () => source.names(),
    places: { version: 'a repository', name: 'the repository' },
  });
}
