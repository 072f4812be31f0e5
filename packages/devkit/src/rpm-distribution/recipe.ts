/** How one package of the stand-in distribution is made. Paths are absolute ones of the target. */
export interface Recipe {
  readonly name: string;
  /** Debian packages whose files it has; its version is that of the first. None: a package made by hand. */
  readonly debs?: readonly string[];
  /** It has the version and release of that recipe; what `takes` matches moves from there to here. */
  readonly partOf?: string;
  readonly takes?: RegExp;
  /** Paths (files, or folders with all below) that the Debian packages have and this one must not. */
  readonly drops?: RegExp;
  /** Paths that get another name. */
  readonly renames?: readonly (readonly [path: RegExp, replacement: string])[];
  /** Path → path of a copy, after renaming. */
  readonly copies?: Readonly<Record<string, string>>;
  /** Path → what its text gets instead of what, after renaming. */
  readonly edits?: Readonly<Record<string, readonly [pattern: RegExp, replacement: string]>>;
  /** Path → content of files (0644). */
  readonly files?: Readonly<Record<string, string>>;
  /** Path → where it points to. */
  readonly links?: Readonly<Record<string, string>>;
  /** Path → another name of the same file. */
  readonly hardLinks?: Readonly<Record<string, string>>;
  /** Folders that no Debian package brings (0755). */
  readonly folders?: readonly string[];
  /** The last step: whatever else the tree needs. */
  readonly finish?: (trees: Trees) => Promise<void>;
  /** Path → directives of `%files` for it, such as `%attr(0700,root,root)`; `%ghost` ones need not exist. */
  readonly attributes?: Readonly<Record<string, string>>;
  readonly version?: string;
  readonly release?: string;
  /** Default: x86_64 where the tree has machine code, else noarch. */
  readonly architecture?: 'x86_64' | 'noarch' | 'i686';
  readonly summary?: string;
  /** More lines of the preamble: `Requires: …`, `Obsoletes: …`. */
  readonly tags?: readonly string[];
  /** Units that are set to their preset after installing, each package its own. */
  readonly units?: readonly string[];
  /** Scriptlets and triggers as a spec file has them. */
  readonly scriptlets?: string;
  /** No automatic Requires and Provides: thousands of files that have none. */
  readonly plain?: boolean;
  /** ISO 8601; when the package is said to have come into the repository. */
  readonly published?: string;
}

/** Where the trees lie while they are made. */
export interface Trees {
  /** Of this recipe. */
  readonly own: string;
  of(recipe: string): string;
}
