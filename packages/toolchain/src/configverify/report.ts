import type { Problem } from '../config/problem.js';
import { type LocatedMap, type Path, positionAt } from '../configparse/located.js';
import type { ToolchainErrorCode } from '../errors.js';

/** Collects what is wrong with a document, so that all of it is said at once. */
export interface Report {
  readonly problems: readonly Problem[];
  /** `code` is TEMPLATE_INVALID unless said. */
  add(path: Path, message: string, options?: { code?: ToolchainErrorCode; hint?: string }): void;
}

export function createReport(tree: LocatedMap): Report {
  const problems: Problem[] = [];
  return {
    problems,
    add(path, message, options = {}) {
      problems.push({
        code: options.code ?? 'TEMPLATE_INVALID',
        at: positionAt(tree, path),
        message,
        hint: options.hint,
      });
    },
  };
}
