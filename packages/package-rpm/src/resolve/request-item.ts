import type { PackageSource } from './candidates.js';

/** An item of a request, taken apart. */
export interface RequestItem {
  /** As it was written. */
  readonly text: string;
  /** Of a package, with globs; or a capability, or the path of a file. */
  readonly name: string;
  /** May have globs. */
  readonly version?: string | undefined;
  readonly architecture?: string | undefined;
}

/** Reads `name`, `name.architecture`, a glob, a capability or a path, each with `=version` behind it. */
export function parseRequestItem(text: string, source: Pick<PackageSource, 'packagesNamed'>): RequestItem {
  // The `=` in `font(:lang=en)` belongs to the name.
  const [, whole = '', version] = /^(.*?)(?:=([^=()\s]+))?$/s.exec(text.trim()) ?? [];
  const [, name = '', architecture] = ARCHITECTURE.exec(whole) ?? [];
  if (architecture === undefined || whole.startsWith('/') || source.packagesNamed(whole).length > 0) {
    return { text, name: whole, version };
  }
  return { text, name, version, architecture };
}

const ARCHITECTURE = /^(.+)\.(x86_64|i[3-6]86|aarch64|armv7hl|ppc64le|s390x|riscv64|noarch)$/;

/** The architectures whose packages a machine of the target's can run, besides its own and noarch. */
const COMPATIBLE: Readonly<Record<string, readonly string[]>> = {
  x86_64: ['i686', 'i586', 'i486', 'i386'],
};

/** The architectures of packages that a request may choose from: the target's own first, others as they are asked for. */
export function architecturesOf(items: readonly RequestItem[], own: string): readonly string[] {
  const asked = items.flatMap(({ architecture }) => architecture ?? []);
  return [own, ...(COMPATIBLE[own] ?? []).filter((architecture) => asked.includes(architecture))];
}
