import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { decompress, detectCompression, IcError, messageOf, readTar, redactUrl } from '@ic/utils';
import type { PackageFamily, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { indexNotCached, indexUnreachable } from '../metadata/index-errors.js';
import type { MetadataCache } from '../metadata/metadata-cache.js';

/** A package file as it was found. */
export interface FoundPackage {
  /** File name, without folders. */
  readonly name: string;
  readonly bytes: Buffer;
  /** The template names this very file; others lie in a folder or an archive, where packages of any kind may lie. */
  readonly isNamed: boolean;
}

export interface SourceOptions {
  readonly repository: Pick<Repository, 'name'>;
  readonly family: PackageFamily;
  /** For what is read by URL. */
  readonly cache: MetadataCache;
  readonly signal?: AbortSignal | undefined;
}

/** The largest packages of distributions have 1.5 GB; what is larger than this Node cannot have in one piece. */
const MAX_BYTES = 4 * 1024 ** 3 - 1;
const ARCHIVE = /\.(?:tar(?:\.(?:gz|xz|zst|bz2))?|tgz)$/;

/**
 * The package files of one source: a folder with all below it, a package file, or a tar archive of such, plain or
 * compressed. A source is an absolute path, a file: URL or an https: URL of a file.
 *
 * @throws PackageError REPOSITORY_UNREACHABLE, PACKAGE_INVALID; UtilsError CANCELLED
 */
export async function* packagesOf(source: string, options: SourceOptions): AsyncGenerator<FoundPackage> {
  if (/^https:/i.test(source)) {
    const { pathname } = new URL(source);
    yield* packagesIn(basename(decodeURIComponent(pathname)), await fetchSource(source, options), options);
    return;
  }
  const path = /^file:/i.test(source) ? fileURLToPath(source) : source;
  const found = await stat(path).catch((error: unknown) => {
    throw notThere(path, options, error);
  });
  if (!found.isDirectory()) {
    yield* packagesIn(basename(path), await readFile(path), options);
    return;
  }
  for (const file of await filesBelow(path)) {
    if (!file.endsWith(`.${options.family}`)) continue;
    yield { name: basename(file), bytes: await readFile(file), isNamed: false };
  }
}

async function* packagesIn(
  name: string,
  bytes: Buffer,
  options: SourceOptions,
): AsyncGenerator<FoundPackage> {
  const { family, repository, signal } = options;
  if (name.endsWith(`.${family}`)) {
    yield { name, bytes, isNamed: true };
    return;
  }
  if (!ARCHIVE.test(name)) {
    throw new PackageError(
      'PACKAGE_INVALID',
      `${name} of the repository "${repository.name}" is neither a .${family} package nor a tar archive of such`,
      { fault: 'request', hint: 'the packages of a target are of its own family, deb or rpm' },
    );
  }
  try {
    const isPlain = detectCompression(bytes) === undefined;
    const tar = isPlain ? bytes : await decompress(bytes, { maxBytes: MAX_BYTES, signal });
    for (const { type, path, data } of readTar(tar)) {
      if (type !== 'file' || !path.endsWith(`.${family}`)) continue;
      yield { name: basename(path), bytes: Buffer.from(data), isNamed: false };
    }
  } catch (error) {
    if (!(error instanceof IcError) || !/^(?:ARCHIVE|COMPRESSION)_/.test(error.code)) throw error;
    throw new PackageError(
      'PACKAGE_INVALID',
      `the archive ${name} of the repository "${repository.name}" cannot be read: ${messageOf(error)}`,
      { cause: error, fault: 'request', hint: 'make it anew with tar' },
    );
  }
}

async function fetchSource(url: string, { repository, cache, signal }: SourceOptions): Promise<Buffer> {
  try {
    const file = await cache.current(url, { maxBytes: MAX_BYTES, signal });
    if (file === undefined && cache.offline) throw indexNotCached({ repository }, redactUrl(url));
    if (file === undefined) throw new Error('there is no such file');
    await file.keep();
    return file.bytes;
  } catch (error) {
    throw indexUnreachable({ repository }, url, error);
  }
}

/** In the order of their names. */
async function filesBelow(folder: string): Promise<string[]> {
  const found = await readdir(folder, { withFileTypes: true });
  const paths = await Promise.all(
    found.map((one) => {
      const path = join(folder, one.name);
      return one.isDirectory() ? filesBelow(path) : [path];
    }),
  );
  return paths.flat().sort();
}

function notThere(path: string, { repository }: SourceOptions, cause: unknown): PackageError {
  const isMissing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
  return new PackageError(
    'REPOSITORY_UNREACHABLE',
    `the repository "${repository.name}" names ${path}, ${isMissing ? 'which is not there' : `which cannot be read: ${messageOf(cause)}`}`,
    { cause, fault: 'request', hint: 'a relative path counts from the folder of the template' },
  );
}
