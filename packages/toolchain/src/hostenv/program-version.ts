/** The version in what a program says of itself: the first number with a dot in it; undefined when there is none. */
export function programVersion(output: string): string | undefined {
  return /(?:^|[\sv(:-])(\d+(?:\.\d+)+(?:[\w.~+-]*\w)?)/m.exec(output)?.[1];
}
