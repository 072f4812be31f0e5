export interface Components<T> {
  /** Every item once; what it needs comes before it, except where they need each other. */
  readonly order: readonly T[];
  /** Items that need each other, directly or not; the sets that a set needs come before it. */
  readonly components: readonly (readonly T[])[];
}

interface Visit<T> {
  readonly item: T;
  readonly index: number;
  /** The earliest item on the stack that is needed, directly or not. */
  low: number;
  /** Needs that are still to be followed. */
  readonly rest: Iterator<T>;
}

/**
 * Walks a graph depth first, in the order of `items` and `needs`: Tarjan's strongly connected components, with a
 * stack of its own, since a thousand packages deep would overflow that of a recursive walk. Takes linear time.
 */
export function componentsOf<T>(items: readonly T[], needs: (item: T) => readonly T[]): Components<T> {
  const order: T[] = [];
  const components: T[][] = [];
  const visits = new Map<T, Visit<T>>();
  const open: T[] = [];
  const settled = new Set<T>();
  for (const root of items) {
    const path: Visit<T>[] = [];
    const enter = (item: T) => {
      const visit = { item, index: visits.size, low: visits.size, rest: needs(item)[Symbol.iterator]() };
      visits.set(item, visit);
      open.push(item);
      path.push(visit);
    };
    if (!visits.has(root)) enter(root);
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next();
      if (next.done === true) {
        path.pop();
        order.push(top.item);
        const parent = path.at(-1);
        if (parent !== undefined) parent.low = Math.min(parent.low, top.low);
        if (top.low === top.index) {
          const members = open.splice(open.lastIndexOf(top.item));
          for (const member of members) settled.add(member);
          components.push(members);
        }
      } else {
        const seen = visits.get(next.value);
        if (seen === undefined) enter(next.value);
        else if (!settled.has(next.value)) top.low = Math.min(top.low, seen.index);
      }
    }
  }
  return { order, components };
}
