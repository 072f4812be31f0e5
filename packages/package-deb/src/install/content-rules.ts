import type { ContentFilter } from '@ic/package-core';
import type { TarEntry } from '@ic/utils';

/** Manuals and documents, as the container images of Debian's derivatives leave them out. */
const DOCUMENTATION = [
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/groff/*',
  'path-exclude=/usr/share/lintian/*',
];

/** The options of dpkg(1) that leave the content out which a filter does not want, one a line. Pure. */
export function contentRules(
  { documentation, languages }: ContentFilter = { documentation: true },
): string[] {
  const rules: string[] = [];
  if (languages !== undefined) {
    const spellings = languages.flatMap((name) => [name, `${name}[_.@]*`]);
    rules.push('path-exclude=/usr/share/locale/*', 'path-include=/usr/share/locale/locale.alias');
    rules.push(...spellings.map((name) => `path-include=/usr/share/locale/${name}/*`));
    rules.push('path-exclude=/usr/share/man/*', 'path-include=/usr/share/man/man[0-9]*');
    rules.push(...spellings.map((name) => `path-include=/usr/share/man/${name}/*`));
  }
  // Behind the manuals of wanted languages: the last rule that fits decides.
  return documentation ? rules : [...rules, ...DOCUMENTATION];
}

interface Rule {
  readonly include: boolean;
  readonly pattern: RegExp;
  /** What stands before the first wildcard. */
  readonly prefix: string;
}

/**
 * Whether dpkg with these rules leaves an entry out: the last rule that fits decides; folders and links above what a rule
 * includes stay (dpkg, src/main/filters.c). Pure.
 */
export function pathFilter(rules: readonly string[]): (entry: Pick<TarEntry, 'path' | 'type'>) => boolean {
  if (rules.length === 0) return () => false;
  const parsed = rules.map(parseRule);
  return ({ path, type }) => {
    const name = `/${path}`;
    const last = parsed.findLast(({ pattern }) => pattern.test(name));
    if (last === undefined || last.include) return false;
    if (type !== 'directory' && type !== 'symlink') return true;
    return !parsed.some(({ include, prefix }) => include && name.startsWith(prefix));
  };
}

/** Patterns are those of fnmatch(3), whose wildcards take slashes too. */
function parseRule(rule: string): Rule {
  const [kind, glob = ''] = rule.split('=');
  const source = glob
    .replace(/[.+^${}()|\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const prefix = (/^[^*?[\\]*/.exec(glob)?.[0] ?? '').replace(/\/+$/, '');
  return { include: kind === 'path-include', pattern: new RegExp(`^${source}$`, 's'), prefix };
}
