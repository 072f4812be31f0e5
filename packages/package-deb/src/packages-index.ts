import { PackageError, type PackageIndex, type PackageRef, type RepositoryProof } from '@ic/package-core';
import { type DebPackage, type PackagesFile, Stanza } from './stanza.js';

export type { DebPackage, PackagesFile } from './stanza.js';

/** A package that a repository has and that is not seen. */
export interface LeftOut {
  readonly name: string;
  readonly repository: string;
  readonly suite: string;
  /** The component that nobody asked for; absent when allowPackages leaves the package out. */
  readonly component?: string | undefined;
}

/** Looks for names among what is not seen. */
export type FindLeftOut = (names: Iterable<string>) => Promise<readonly LeftOut[]>;

/**
 * The packages of all repositories: a byte index over `Packages` files, made in one pass. A stanza is decoded when
 * one of its fields other than the name is first read.
 */
export class DebIndex implements PackageIndex {
  readonly proofs: readonly RepositoryProof[];
  readonly size: number;
  readonly #byName = new Map<string, Stanza[]>();
  readonly #files: readonly { file: PackagesFile; stanzas: Stanza[] }[];
  #providers: Map<string, DebPackage[]> | undefined;
  readonly #findLeftOut: FindLeftOut;
  /** By name. */
  readonly #leftOut = new Map<string, readonly LeftOut[]>();

  /** @throws PackageError REPOSITORY_INVALID when a stanza does not begin with a Package field */
  constructor(
    files: readonly PackagesFile[],
    proofs: readonly RepositoryProof[] = [],
    findLeftOut: FindLeftOut = async () => [],
  ) {
    this.proofs = proofs;
    this.#findLeftOut = findLeftOut;
    this.#files = files.map((file) => ({ file, stanzas: readStanzas(file) }));
    let size = 0;
    for (const { stanzas } of this.#files) {
      size += stanzas.length;
      for (const stanza of stanzas) append(this.#byName, stanza.name, stanza);
    }
    this.size = size;
  }

  /** Every version of a real package, in the order of the repositories. */
  packagesNamed(name: string): readonly DebPackage[] {
    return this.#byName.get(name) ?? [];
  }

  /** The packages whose Provides names a virtual package (with or without a version); real packages do not count. */
  providersOf(virtualName: string): readonly DebPackage[] {
    this.#providers ??= this.#readProviders();
    return this.#providers.get(virtualName) ?? [];
  }

  /** The names of real packages. */
  names(): Iterable<string> {
    return this.#byName.keys();
  }

  /** Why packages of this name, which a repository has, are not seen; known after `findLeftOut`. */
  leftOut(name: string): readonly LeftOut[] {
    return this.#leftOut.get(name) ?? [];
  }

  /** Reads more lists for these names. What cannot be read is passed over. @throws UtilsError CANCELLED */
  async findLeftOut(names: Iterable<string>): Promise<void> {
    const unknown = [...new Set(names)].filter((name) => !this.#leftOut.has(name));
    const found = await this.#findLeftOut(unknown);
    for (const name of unknown) {
      this.#leftOut.set(
        name,
        found.filter((one) => one.name === name),
      );
    }
  }

  /** Every package, in the order of the files. */
  *all(): Iterable<DebPackage> {
    for (const { stanzas } of this.#files) yield* stanzas;
  }

  /** The packages with `Essential: yes` or `Priority: required`, in the order of the files. */
  *basePackages(): Iterable<DebPackage> {
    for (const { file, stanzas } of this.#files) {
      const found = new Set<Stanza>();
      for (const [stanza, rest] of fieldsOf(file.bytes, stanzas, ESSENTIAL)) {
        if (rest.trim() === '') found.add(stanza);
      }
      for (const [stanza, rest] of fieldsOf(file.bytes, stanzas, REQUIRED)) {
        if (rest.trim() === '') found.add(stanza);
      }
      yield* stanzas.filter((stanza) => found.has(stanza));
    }
  }

  #readProviders(): Map<string, DebPackage[]> {
    const providers = new Map<string, DebPackage[]>();
    for (const { file, stanzas } of this.#files) {
      for (const [stanza, provides] of fieldsOf(file.bytes, stanzas, PROVIDES)) {
        for (const name of new Set(providedNames(provides))) append(providers, name, stanza);
      }
    }
    return providers;
  }
}

/** What a resolution says of a package. @throws PackageError REPOSITORY_INVALID */
export function packageRef(pkg: DebPackage): PackageRef {
  return {
    name: pkg.name,
    version: pkg.version,
    architecture: pkg.architecture,
    repository: pkg.repository,
    location: pkg.filename,
    size: pkg.size,
    sha256: pkg.sha256,
    installedSize: pkg.installedSize,
  };
}

const NEWLINE = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const PACKAGE = Buffer.from('Package:');

/** Stanzas end with an empty line, as every writer of `Packages` files makes them (deb-repository format). */
function readStanzas(file: PackagesFile): Stanza[] {
  const { bytes, accepts } = file;
  const stanzas: Stanza[] = [];
  let start = 0;
  while (start < bytes.length) {
    if (bytes[start] === NEWLINE) {
      start += 1;
      continue;
    }
    const blank = bytes.indexOf('\n\n', start, 'latin1');
    const end = blank === -1 ? bytes.length : blank;
    const name = packageName(file, start, end);
    if (accepts?.(name) ?? true) stanzas.push(new Stanza(file, name, start, end));
    start = end + 1;
  }
  return stanzas;
}

/** Package names as Debian policy §5.6.7 allows them, and a little more: other repositories are laxer. */
const NAME = /^[A-Za-z0-9][\w.+-]*$/;

/** "Each paragraph shall begin with a Package field" (DebianRepository/Format). */
function packageName(file: PackagesFile, start: number, end: number): string {
  const { bytes } = file;
  if (bytes.subarray(start, start + PACKAGE.length).equals(PACKAGE)) {
    const eol = Math.min(lineEnd(bytes, start), end);
    const name = bytes.toString('latin1', start + PACKAGE.length, eol).trim();
    if (NAME.test(name)) return name;
  }
  throw new PackageError(
    'REPOSITORY_INVALID',
    `the index of repository "${file.repository}" (${file.suite}) has a stanza that does not begin with a valid Package field at byte ${start}`,
    {
      hint: 'this is the fault of the repository; use another mirror of it',
      details: { repository: file.repository, suite: file.suite, offset: start },
    },
  );
}

const PROVIDES = Buffer.from('\nProvides:');
const ESSENTIAL = Buffer.from('\nEssential: yes');
const REQUIRED = Buffer.from('\nPriority: required');

/**
 * The stanzas that contain `needle` and what follows it in its field, found by a search over the bytes: decoding all
 * stanzas would take three times as long.
 */
function* fieldsOf(bytes: Buffer, stanzas: readonly Stanza[], needle: Buffer): Generator<[Stanza, string]> {
  let found = bytes.indexOf(needle);
  for (const stanza of stanzas) {
    if (found !== -1 && found < stanza.start) found = bytes.indexOf(needle, stanza.start);
    if (found === -1) return;
    if (found >= stanza.end) continue;
    const start = found + needle.length;
    let end = lineEnd(bytes, start);
    while (bytes[end + 1] === SPACE || bytes[end + 1] === TAB) end = lineEnd(bytes, end + 1);
    yield [stanza, bytes.toString('latin1', start, Math.min(end, stanza.end))];
  }
}

function lineEnd(bytes: Buffer, from: number): number {
  const end = bytes.indexOf(NEWLINE, from);
  return end === -1 ? bytes.length : end;
}

function providedNames(provides: string): string[] {
  return provides
    .split(',')
    .map((item) => /^\s*([^\s(:]+)/.exec(item)?.[1] ?? '')
    .filter((name) => name !== '');
}

function append<Value>(map: Map<string, Value[]>, key: string, value: Value): void {
  const list = map.get(key);
  if (list === undefined) map.set(key, [value]);
  else list.push(value);
}
