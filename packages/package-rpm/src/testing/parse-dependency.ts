import type { Dependency, DependencyOperator } from '../dependency.js';
import { parseEvr } from '../evr.js';

/** Reads what `formatDependency` writes: `name`, `name >= 1:2-3`, `(a if b)`. */
export function parseDependency(text: string): Dependency {
  const [, name = text, operator, evr] = /^([^(\s]\S*) (<|<=|=|>=|>) (\S+)$/.exec(text) ?? [];
  if (operator === undefined || evr === undefined) return { name };
  return { name, operator: operator as DependencyOperator, evr: parseEvr(evr) };
}
