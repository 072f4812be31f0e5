/**
 * A test of package names against globs as in the shell (`*`, `?`, `[a-z]`, `[!a-z]`); a name without them stands for
 * itself. True when any pattern matches the whole name.
 */
export function nameGlob(patterns: readonly string[]): (name: string) => boolean {
  const exact = new Set(patterns.filter((pattern) => !isNameGlob(pattern)));
  const tests = patterns.filter(isNameGlob).map(toTest);
  return (name) => exact.has(name) || tests.some((test) => test(name));
}

/** Whether a pattern is more than a name. */
export function isNameGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern);
}

/** What stands between stars: a character for each of its pieces. */
interface Run {
  source: string;
  length: number;
}

/**
 * Stars are not left to a regular expression, which would try every way to share a name among them: names come from
 * repositories. The leftmost place is always the best for what stands between two stars.
 */
function toTest(pattern: string): (name: string) => boolean {
  const runs = runsOf(pattern);
  const [first, last] = [runs.shift(), runs.pop()];
  // A range that runs backwards, such as [z-a], matches nothing in the shell.
  try {
    const begin = new RegExp(last === undefined ? `^${first?.source}$` : `^${first?.source}`, 's');
    if (last === undefined) return (name) => begin.test(name);
    const inner = runs.map(({ source, length }) => ({ expression: new RegExp(source, 'gs'), length }));
    const end = new RegExp(`^${last.source}$`, 's');
    return (name) => {
      const limit = name.length - last.length;
      let at = first?.length ?? 0;
      if (at > limit || !begin.test(name) || !end.test(name.slice(limit))) return false;
      for (const { expression, length } of inner) {
        expression.lastIndex = at;
        at = (expression.exec(name)?.index ?? limit) + length;
        if (at > limit) return false;
      }
      return true;
    };
  } catch {
    return () => false;
  }
}

function runsOf(pattern: string): Run[] {
  let run: Run = { source: '', length: 0 };
  const runs = [run];
  for (const [piece, not, set] of pattern.matchAll(/\*+|\?|\[(!?)([^\]]+)\]|[\s\S]/g)) {
    if (piece.startsWith('*')) {
      run = { source: '', length: 0 };
      runs.push(run);
      continue;
    }
    run.length += 1;
    if (piece === '?') run.source += '.';
    else if (set !== undefined) run.source += `[${not === '!' ? '^' : ''}${set.replace(/[\\^[]/g, '\\$&')}]`;
    else run.source += piece.replace(/[\\^$.|+()[\]{}]/, '\\$&');
  }
  return runs;
}
