import { PackageError } from '@ic/package-core';

export type RelationOperator = '<<' | '<=' | '=' | '>=' | '>>';

/** One package relation: `libc6:any (>= 2.36)`. */
export interface Relation {
  readonly name: string;
  /** What follows the colon: `any`, `native` or an architecture. */
  readonly qualifier?: string | undefined;
  readonly operator?: RelationOperator | undefined;
  /** Present exactly when there is an operator. */
  readonly version?: string | undefined;
  /** As the field has it. */
  readonly text: string;
}

/**
 * Blanks stand only before what must follow them: two optional runs of blanks side by side would be shared out in every
 * possible way before a relation is refused.
 */
const RELATION =
  /^([^\s:()[\]<>|,]+)(?::([^\s:()[\]<>|,]+))?(?:\s*\(\s*(<<|<=|=|>=|>>|<|>)\s*([^\s()<>=]+)\s*\))?(?:\s*\[([^\]]*)\])?((?:\s*<[^>]*>)*)$/;

/** Reads a field like Depends: groups separated by commas, and in each group alternatives separated by `|`.
 *
 * Implements Debian policy §7.1 and the restrictions of deb-src-control(5), which some binary packages carry by
 * mistake: alternatives restricted to other architectures or to a build profile are left out, and so is a group of
 * which nothing remains. Without `architecture` those restricted to architectures stay.
 * @throws PackageError REPOSITORY_INVALID when a relation is malformed
 */
export function parseRelations(field: string, architecture?: string | undefined): Relation[][] {
  const groups: Relation[][] = [];
  for (const part of field.split(',')) {
    if (part.trim() === '') continue;
    const alternatives: Relation[] = [];
    for (const alternative of part.split('|')) {
      const relation = parseRelation(alternative.trim(), architecture);
      if (relation !== undefined) alternatives.push(relation);
    }
    if (alternatives.length > 0) groups.push(alternatives);
  }
  return groups;
}

function parseRelation(text: string, architecture: string | undefined): Relation | undefined {
  const [, name, qualifier, operator, version, architectures, profiles] = RELATION.exec(text) ?? [];
  if (name === undefined) {
    throw new PackageError(
      'REPOSITORY_INVALID',
      `"${text}" is not a package relation such as "libc6 (>= 2.36)"`,
      {
        hint: 'this is the fault of the package that has it; use another version of it',
        details: { relation: text },
      },
    );
  }
  if (architectures !== undefined && architecture !== undefined && !concerns(architectures, architecture)) {
    return undefined;
  }
  if (!withoutProfiles(profiles ?? '')) return undefined;
  return {
    name,
    qualifier,
    operator: operator === undefined ? undefined : OPERATORS[operator],
    version,
    text,
  };
}

/** deb-control(5): the old spellings `<` and `>` mean `<=` and `>=`. */
const OPERATORS: Readonly<Record<string, RelationOperator>> = {
  '<<': '<<',
  '<=': '<=',
  '<': '<=',
  '=': '=',
  '>=': '>=',
  '>': '>=',
  '>>': '>>',
};

/** `amd64 arm64`, `!i386`, `linux-any`, `any-amd64`: the wildcards of Debian policy §11.1.1 on Linux. */
function concerns(list: string, architecture: string): boolean {
  const names = ['any', 'linux-any', architecture, `any-${architecture}`, `linux-${architecture}`];
  const words = list.trim().split(/\s+/);
  if (words[0]?.startsWith('!') === true) return !words.some((word) => names.includes(word.slice(1)));
  return words.some((word) => names.includes(word));
}

/** `<!nocheck> <cross !stage1>`: one list is enough, all words of a list must hold, and no profile is active. */
function withoutProfiles(restrictions: string): boolean {
  if (restrictions === '') return true;
  const lists = [...restrictions.matchAll(/<([^>]*)>/g)].map((match) => (match[1] ?? '').trim().split(/\s+/));
  return lists.some((words) => words.every((word) => word.startsWith('!')));
}
