/** One of these must be chosen. Best first: the search tries them in this order. */
export interface Requirement<Package> {
  readonly kind: 'requirement';
  /** Empty when nothing meets the requirement. */
  readonly anyOf: readonly Package[];
  /** The requirement holds only where all of these are chosen too; with nothing in `anyOf` they may not all be chosen. */
  readonly when?: readonly Package[] | undefined;
  /** For explanations and the graph, in the family's own words: `Depends: libc6 (>= 2.36)`. */
  readonly because: string;
}

/** One of these is chosen where that is possible; it is no reason for a request to fail. */
export interface Wish<Package> {
  readonly kind: 'wish';
  readonly anyOf: readonly Package[];
  /** The wish is there only where all of these are chosen too. */
  readonly when?: readonly Package[] | undefined;
  /** In the family's own words, for the graph: `Recommends: ca-certificates`. */
  readonly because: string;
}

/** None of these may be chosen. */
export interface Conflict<Package> {
  readonly kind: 'conflict';
  readonly with: readonly Package[];
  readonly because: string;
}

/** The package itself may not be chosen. */
export interface Exclusion {
  readonly kind: 'exclusion';
  readonly because: string;
}

/** What holds once a package is chosen. */
export type Constraint<Package> = Requirement<Package> | Wish<Package> | Conflict<Package> | Exclusion;

/** What a package family tells the solver. Packages are compared by identity. */
export interface Universe<Package> {
  /** What versions of the same thing share. */
  nameOf(pkg: Package): string;
  /** Whether a lockfile has the package: questions whose best answer it is come before all others. */
  isLocked?(pkg: Package): boolean;
  /** The search asks at most once for a package, and only when it considers choosing it. */
  constraintsOf(pkg: Package): readonly Constraint<Package>[];
}

/** One step of an explanation. */
export type Reason<Package> =
  | {
      readonly kind: 'requirement';
      /** Who requires; absent for what was asked for. */
      readonly pkg?: Package | undefined;
      readonly requirement: Requirement<Package>;
    }
  | {
      readonly kind: 'conflict';
      readonly pkg: Package;
      readonly other: Package;
      readonly because: string;
    }
  | { readonly kind: 'exclusion'; readonly pkg: Package; readonly because: string };

export type Outcome<Package> =
  | { readonly solved: true; readonly packages: ReadonlySet<Package> }
  | {
      readonly solved: false;
      /** A minimal set of constraints that contradict each other, from what was asked for downwards. */
      readonly explanation: readonly Reason<Package>[];
    };
