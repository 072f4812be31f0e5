import type { PackageRef } from '../contract.js';
import type { Requirement, Universe } from '../solver/problem.js';

/** A package that is there for its own sake. */
export interface DependencyRoot {
  readonly to: PackageRef;
  /** What was asked for, as the template has it, or what the family says of its base: `Essential: yes`. */
  readonly because: string;
  /** Part of every image: nobody asked for it. */
  readonly base: boolean;
}

/** A package that needs, or wishes for, another one. */
export interface DependencyEdge {
  readonly from: PackageRef;
  readonly to: PackageRef;
  /** In the family's own words, each once: `Depends: libc6 (>= 2.36)`. */
  readonly because: readonly string[];
}

/** Who brings whom in a solved set. Every package is reached from a root. */
export interface DependencyGraph {
  /** As in the resolution. */
  readonly packages: readonly PackageRef[];
  /** In the order of the request, the base last. */
  readonly roots: readonly DependencyRoot[];
  /** In the order of the packages that they lead from, then to; one for each pair. */
  readonly edges: readonly DependencyEdge[];
}

export interface SolvedSet<Package> {
  /** What was chosen, with what the resolution says of it, in its order. */
  readonly packages: ReadonlyMap<Package, PackageRef>;
  readonly goals: readonly Requirement<Package>[];
  readonly universe: Pick<Universe<Package>, 'constraintsOf'>;
  /** Whether a goal is one of the base; default none is. */
  readonly isBase?: ((goal: Requirement<Package>) => boolean) | undefined;
}

/** The graph of a solved set: of each relation those members that meet it. */
export function dependencyGraph<Package>({
  packages,
  goals,
  universe,
  isBase = () => false,
}: SolvedSet<Package>): DependencyGraph {
  const place = new Map([...packages.keys()].map((pkg, index) => [pkg, index]));
  const met = (anyOf: readonly Package[]): PackageRef[] => anyOf.flatMap((pkg) => packages.get(pkg) ?? []);

  function edgesFrom(pkg: Package, from: PackageRef): DependencyEdge[] {
    const because = new Map<Package, Set<string>>();
    for (const constraint of universe.constraintsOf(pkg)) {
      if (constraint.kind !== 'requirement' && constraint.kind !== 'wish') continue;
      const { anyOf, when = [] } = constraint;
      if (anyOf.some((one) => one === pkg || when.includes(one))) continue;
      if (!when.every((one) => packages.has(one))) continue;
      for (const one of anyOf) {
        if (packages.has(one)) because.set(one, (because.get(one) ?? new Set()).add(constraint.because));
      }
    }
    return [...because]
      .sort(([a], [b]) => (place.get(a) ?? 0) - (place.get(b) ?? 0))
      .flatMap(([one, words]) => met([one]).map((to) => ({ from, to, because: [...words] })));
  }

  const roots = goals.flatMap((goal) =>
    met(goal.anyOf).map((to) => ({ to, because: goal.because, base: isBase(goal) })),
  );
  return {
    packages: [...packages.values()],
    roots: [...roots.filter(({ base }) => !base), ...roots.filter(({ base }) => base)],
    edges: [...packages].flatMap(([pkg, from]) => edgesFrom(pkg, from)),
  };
}
