/**
 * A test of package names against globs as in the shell (`*`, `?`, `[a-z]`, `[!a-z]`); a name without them stands for
 * itself. True when any pattern matches the whole name.
 */
export function nameGlob(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !isNameGlob(pattern)));
  const expressions = patterns.filter(isNameGlob).map(toExpression);
  return (name) => exact.has(name) || expressions.some((expression) => expression.test(name));
}

/** Whether a pattern is more than a name. */
export function isNameGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

function toExpression(pattern: string): RegExp {
  const source = pattern.replace(/\*+|\?|\[(!?)([^\]]+)\]|[\s\S]/g, (piece, not, set) => {
    if (piece.startsWith('*')) return '.*';
    if (piece === '?') return '.';
    if (set !== undefined) return `[${not === '!' ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`;
    return piece.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  });
  // A range that runs backwards, such as [z-a], matches nothing in the shell.
  try {
    return new RegExp(`^${source}$`, 's');
  } catch {
    return /(?!)/;
  }
}
