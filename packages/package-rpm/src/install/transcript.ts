/** A scriptlet that ended badly, in rpm's words. */
export interface FailedScriptlet {
  /** Such as `prein`, `post` or `triggerin`. */
  readonly scriptlet: string;
  readonly package: string;
  /** `exit status 1`, `signal 9`. */
  readonly end: string;
  /** What was said last before it ended. */
  readonly lastWords: string;
}

/** What rpm's output comes to so far. */
export interface Transcript {
  /** Takes the next line; returns the package that is installed now, where the line says that. */
  read(line: string, stream: 'stdout' | 'stderr'): string | undefined;
  readonly failures: readonly FailedScriptlet[];
  /** Other lines that rpm calls a warning or an error, without the word. */
  readonly complaints: readonly string[];
}

/** Lines of a scriptlet that a message quotes. */
const LAST_WORDS = 10;
const FAILURE = /^(?:error|warning): %(\w+)\((.+)\) scriptlet failed, (.+)$/;
const COMPLAINT = /^(?:error|warning): (.+)$/;

/**
 * Reads what `rpm --install --verbose` prints in the C locale: packages as they begin, the output of their scriptlets,
 * and rpm's own words.
 *
 * @param packages as rpm names them: name-version-release.architecture
 */
export function createTranscript(packages: Iterable<string>): Transcript {
  const waiting = new Set(packages);
  const failures: FailedScriptlet[] = [];
  const complaints: string[] = [];
  let words: string[] = [];
  return {
    failures,
    complaints,
    read(line, stream) {
      if (stream === 'stdout' && waiting.delete(line)) {
        words = [];
        return line;
      }
      const [, scriptlet = '', name = '', end = ''] = FAILURE.exec(line) ?? [];
      const complaint = COMPLAINT.exec(line)?.[1];
      if (stream === 'stderr' && scriptlet !== '') {
        failures.push({ scriptlet, package: name, end, lastWords: words.join('\n') });
        words = [];
      } else if (stream === 'stderr' && complaint !== undefined) {
        complaints.push(complaint);
        words = [...words, line].slice(-LAST_WORDS);
      } else {
        words = [...words, line].slice(-LAST_WORDS);
      }
      return undefined;
    },
  };
}
