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
  /** What else rpm calls a warning or an error, without the word, with the lines indented below it. */
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
  /** No package has begun: what rpm has against the whole set comes in indented lines, with a complaint or without. */
  let checking = true;
  /** The last line of standard error was a complaint or belonged to one. */
  let complaining = false;

  /** Whether the line is rpm's account of a failed scriptlet; complaints are taken note of. */
  function readError(line: string): boolean {
    const [, scriptlet, name = '', end = ''] = FAILURE.exec(line) ?? [];
    if (scriptlet !== undefined) {
      failures.push({ scriptlet, package: name, end, lastWords: words.join('\n') });
    }
    const complaint = COMPLAINT.exec(line)?.[1];
    const belongs = (checking || complaining) && line.startsWith('\t');
    if (belongs) complaints.push([...complaints.splice(-1), line].join('\n').trimStart());
    else if (scriptlet === undefined && complaint !== undefined) complaints.push(complaint);
    complaining = scriptlet === undefined && (complaint !== undefined || belongs);
    return scriptlet !== undefined;
  }

  return {
    failures,
    complaints,
    read(line, stream) {
      const begins = stream === 'stdout' && waiting.delete(line);
      if (begins) checking = complaining = false;
      const ends = stream === 'stderr' && readError(line);
      words = begins || ends ? [] : [...words, line].slice(-LAST_WORDS);
      return begins ? line : undefined;
    },
  };
}
