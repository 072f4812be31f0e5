import type { PackageId } from './contract.js';

/** A test whether a package is one of these: name, version and architecture all count. */
export function packageIdTest(ids: readonly PackageId[]): (id: PackageId) => boolean {
  const known = new Set(ids.map(textOf));
  return (id) => known.size > 0 && known.has(textOf(id));
}

function textOf({ name, version, architecture }: PackageId): string {
  return `${name} ${version} ${architecture}`;
}
