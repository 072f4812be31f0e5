import type { Evr } from './evr.js';

/** A name with or without a range of versions: an entry of Provides, Requires, Conflicts, Obsoletes and the weak ones. */
export interface Dependency {
  /** A capability, an absolute path, or a whole rich dependency in parentheses. */
  readonly name: string;
  readonly operator?: '<' | '<=' | '=' | '>=' | '>' | undefined;
  /** Present exactly when `operator` is. */
  readonly evr?: Evr | undefined;
  /** Must be met before the package's own scriptlets run (`Requires(pre)` and the like). */
  readonly pre?: boolean | undefined;
}
