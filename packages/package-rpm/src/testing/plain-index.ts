import { formatEvr, parseEvr } from '../evr.js';
import type { LeftOut, RpmIndex, RpmPackage } from '../rpm-package.js';
import { parseDependency } from './parse-dependency.js';

/** What a test says of a package; what it leaves out is not there or does not matter. */
export interface PlainPackage {
  readonly name: string;
  /** `[epoch:]version[-release]`; the release is 1 when there is none. */
  readonly evr?: string | undefined;
  readonly arch?: string | undefined;
  readonly repository?: string | undefined;
  readonly priority?: number | undefined;
  /** Dependencies, with commas between them. */
  readonly provides?: string | undefined;
  readonly requires?: string | undefined;
  readonly conflicts?: string | undefined;
  readonly obsoletes?: string | undefined;
  readonly recommends?: string | undefined;
  readonly suggests?: string | undefined;
  readonly supplements?: string | undefined;
  readonly enhances?: string | undefined;
  /** Paths, with spaces between them; of those that are not in primary metadata, filelists tell. */
  readonly files?: string | undefined;
}

/** An index of plain objects, with a record of the paths for which filelists were read. */
export interface PlainIndex extends RpmIndex {
  readonly read: string[];
}

/** An RpmIndex of what a test says, without any metadata. */
export function plainIndex(
  packages: readonly PlainPackage[],
  leftOut: Readonly<Record<string, readonly LeftOut[]>> = {},
): PlainIndex {
  const all = packages.map(rpmPackage);
  const files = new Map(all.map((pkg, place) => [pkg, (packages[place]?.files ?? '').split(' ')]));
  const read: string[] = [];
  const inPrimary = (path: string): boolean => path.startsWith('/etc/') || path.includes('bin/');
  const knows = (path: string): boolean => inPrimary(path) || read.includes(path);
  return {
    proofs: [],
    size: all.length,
    read,
    packagesNamed: (name) => all.filter((pkg) => pkg.name === name),
    providersOf: (name) =>
      all.filter((pkg) => pkg.name === name || pkg.provides.some((provided) => provided.name === name)),
    ownersOf: (path) => (knows(path) ? all.filter((pkg) => files.get(pkg)?.includes(path)) : []),
    knowsOwnersOf: knows,
    findOwners: async (paths) => {
      read.push(...[...paths].filter((path) => !knows(path)));
    },
    names: () => new Set(all.map((pkg) => pkg.name)),
    leftOut: (name) => leftOut[name] ?? [],
    supplementing: () => all.filter((pkg) => pkg.supplements.length > 0 || pkg.enhances.length > 0),
    all: () => all,
  };
}

function rpmPackage(plain: PlainPackage): RpmPackage {
  const written = parseEvr(plain.evr ?? '1');
  const evr = { ...written, release: written.release ?? '1' };
  const { name, arch: architecture = 'x86_64', repository = 'base', priority = 500 } = plain;
  const list = (text = '') =>
    text
      .split(/,\s*/)
      .filter((one) => one !== '')
      .map(parseDependency);
  const location = `Packages/${name}-${formatEvr(evr)}.${architecture}.rpm`;
  return {
    name,
    evr,
    version: formatEvr(evr),
    architecture,
    repository,
    priority,
    location,
    size: 1,
    installedSize: 1,
    sha256: Buffer.from(location).toString('hex').padStart(64, '0').slice(-64),
    fileTime: 0,
    sourceRpm: `${name}.src.rpm`,
    provides: [{ name, operator: '=', evr }, ...list(plain.provides)],
    requires: list(plain.requires),
    conflicts: list(plain.conflicts),
    obsoletes: list(plain.obsoletes),
    recommends: list(plain.recommends),
    suggests: list(plain.suggests),
    supplements: list(plain.supplements),
    enhances: list(plain.enhances),
  };
}
