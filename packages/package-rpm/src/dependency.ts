import { compareVersions, type Evr, formatEvr } from './evr.js';

export type DependencyOperator = '<' | '<=' | '=' | '>=' | '>';

/** A name with or without a range of versions: an entry of Provides, Requires, Conflicts, Obsoletes and the weak ones. */
export interface Dependency {
  /** A capability, an absolute path, or a whole rich dependency in parentheses. */
  readonly name: string;
  readonly operator?: DependencyOperator | undefined;
  /** Present exactly when `operator` is. */
  readonly evr?: Evr | undefined;
  /** Must be met before the package's own scriptlets run (`Requires(pre)` and the like). */
  readonly pre?: boolean | undefined;
}

/** As rpm prints it: `name`, `name >= epoch:version-release`. */
export function formatDependency({ name, operator, evr }: Dependency): string {
  return operator === undefined || evr === undefined ? name : `${name} ${operator} ${formatEvr(evr)}`;
}

/**
 * Whether the ranges of two dependencies of the same name have a version in common (rpm's `rpmdsCompare`): one without
 * a version is every version, and a version without a release is every release of it, unless `<` or `>` leaves it out.
 */
export function overlaps(a: Dependency, b: Dependency): boolean {
  if (a.operator === undefined || b.operator === undefined) return true;
  if (!isVersioned(a.evr) || !isVersioned(b.evr)) return true;
  const order = a.evr.epoch - b.evr.epoch || compareVersions(a.evr.version, b.evr.version);
  if (order !== 0) return reaches(order, a.operator, b.operator);
  const release = a.evr.release ?? '';
  const other = b.evr.release ?? '';
  if (release !== '' && other !== '') return reaches(compareVersions(release, other), a.operator, b.operator);
  if (release !== '' && b.operator.includes('=')) return true;
  if (other !== '' && a.operator.includes('=')) return true;
  return reaches(0, a.operator, b.operator);
}

function isVersioned(evr: Evr | undefined): evr is Evr {
  return evr !== undefined && (evr.epoch !== 0 || evr.version !== '' || evr.release !== undefined);
}

/** Whether ranges meet whose ends are in this order: negative when the first end is the lower one. */
function reaches(order: number, first: DependencyOperator, second: DependencyOperator): boolean {
  if (order < 0) return first.startsWith('>') || second.startsWith('<');
  if (order > 0) return first.startsWith('<') || second.startsWith('>');
  return (first.includes('=') && second.includes('=')) || first.charAt(0) === second.charAt(0);
}
