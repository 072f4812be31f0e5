/** Orders kernel releases as `sort -V` does for the names that kernels have: runs of digits by value, the rest by code. */
export function compareReleases(a: string, b: string): number {
  const left = a.split(/(\d+)/);
  const right = b.split(/(\d+)/);
  for (let index = 0; index < Math.max(left.length, right.length); index += 1) {
    const one = left[index] ?? '';
    const other = right[index] ?? '';
    if (one === other) continue;
    // Odd places hold the digits; BigInt because a date with a build number can leave the safe range.
    if (index % 2 === 1 && one !== '' && other !== '' && BigInt(one) !== BigInt(other)) {
      return BigInt(one) < BigInt(other) ? -1 : 1;
    }
    if (index % 2 === 0) return one < other ? -1 : 1;
  }
  return a.length - b.length;
}
