import type { PackageRef } from '../contract.js';

/** The shortest name that tells each package from all others: its name, with architecture or version where need be. */
export function packageLabels(packages: readonly PackageRef[]): ReadonlyMap<PackageRef, string> {
  const candidates: readonly ((pkg: PackageRef) => string)[] = [
    ({ name }) => name,
    ({ name, architecture }) => `${name}:${architecture}`,
    ({ name, version, architecture }) => `${name}:${architecture}=${version}`,
  ];
  const labels = new Map<PackageRef, string>();
  let open = packages;
  for (const candidate of candidates) {
    const counts = new Map<string, number>();
    for (const pkg of open) counts.set(candidate(pkg), (counts.get(candidate(pkg)) ?? 0) + 1);
    for (const pkg of open) labels.set(pkg, candidate(pkg));
    open = open.filter((pkg) => (counts.get(candidate(pkg)) ?? 0) > 1);
  }
  return labels;
}
