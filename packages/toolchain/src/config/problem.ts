import { formatPosition, type Position } from '../configparse/position.js';
import { ToolchainError, type ToolchainErrorCode } from '../errors.js';

/** One thing that is wrong with a template. */
export interface Problem {
  readonly code: ToolchainErrorCode;
  readonly at: Position;
  /** A sentence without its place. */
  readonly message: string;
  readonly hint?: string | undefined;
}

/** Problems beyond this many only add noise. */
const SHOWN = 20;

/**
 * One error for all problems found, each on a line of its own as `file:line:column: message`, in the order of each file.
 * Code and hint are those of the first.
 */
export function problemsError(problems: readonly Problem[]): ToolchainError {
  const files = problems.map(({ at }) => at.file);
  const sorted = distinct(problems).sort(
    (a, b) => files.indexOf(a.at.file) - files.indexOf(b.at.file) || byPlace(a.at, b.at),
  );
  const lines = sorted.slice(0, SHOWN).map((problem) => `${formatPosition(problem.at)}: ${problem.message}`);
  if (sorted.length > SHOWN) lines.push(`and ${sorted.length - SHOWN} more`);
  const first = sorted[0];
  return new ToolchainError(first?.code ?? 'TEMPLATE_INVALID', lines.join('\n'), {
    fault: 'request',
    hint: first?.hint,
    details: { problems: sorted.map(({ code, at, message }) => ({ code, ...at, message })) },
  });
}

/** @throws ToolchainError when there is any problem */
export function throwProblems(problems: readonly Problem[]): void {
  if (problems.length > 0) throw problemsError(problems);
}

function distinct(problems: readonly Problem[]): Problem[] {
  return [...new Map(problems.map((one) => [`${formatPosition(one.at)}\0${one.message}`, one])).values()];
}

function byPlace(a: Position, b: Position): number {
  return a.line - b.line || a.column - b.column;
}
