import type { Dependency, DependencyOperator } from '../dependency.js';
import { parseEvr } from '../evr.js';
import type { Header } from './header.js';
import { malformed } from './malformed.js';
import { RELATION_TAGS } from './tags.js';

export type RelationKind = keyof typeof RELATION_TAGS;

/** Bits of rpm's dependency flags (include/rpm/rpmds.h). */
const SENSE = { less: 0x02, greater: 0x04, equal: 0x08, preRequired: 0x40, pre: 0x200, post: 0x400 } as const;
const BEFORE_SCRIPTLETS = SENSE.preRequired | SENSE.pre | SENSE.post;

const OPERATORS = new Map<number, DependencyOperator>([
  [SENSE.less, '<'],
  [SENSE.less | SENSE.equal, '<='],
  [SENSE.equal, '='],
  [SENSE.greater | SENSE.equal, '>='],
  [SENSE.greater, '>'],
]);

/** The relations of one kind in the order of the header. @throws PackageError PACKAGE_INVALID */
export function readRelations(header: Header, kind: RelationKind): Dependency[] {
  const [nameTag, versionTag, flagsTag] = RELATION_TAGS[kind];
  const names = header.strings(nameTag) ?? [];
  const versions = header.strings(versionTag) ?? [];
  const flags = header.numbers(flagsTag) ?? [];
  // Packages older than versioned Provides have names alone.
  for (const { length } of [versions, flags]) {
    if (length !== 0 && length !== names.length)
      throw malformed(`its ${kind} have names without versions or flags`);
  }
  return names.map((name, index) => relation(name, versions[index] ?? '', flags[index] ?? 0));
}

function relation(name: string, version: string, flags: number): Dependency {
  const operator = OPERATORS.get(flags & (SENSE.less | SENSE.greater | SENSE.equal));
  return {
    name,
    ...(operator !== undefined && version !== '' && { operator, evr: parseEvr(version) }),
    ...((flags & BEFORE_SCRIPTLETS) !== 0 && { pre: true }),
  };
}
