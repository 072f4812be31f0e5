import { stat } from 'node:fs/promises';
import type { ArtifactConfig } from '@ic/toolchain';
import { sha256SparseFile } from './sparse-hash.js';

/** A finished file. */
export interface ImageArtifact {
  /** Absolute. */
  readonly path: string;
  /** `raw`, `qcow2`, `raw.zst`, `oci.tar` …: also how the file name ends. */
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

const SUFFIXES = { gz: 'gz', xz: 'xz', zstd: 'zst', bz2: 'bz2' } as const;

/** How the name of an artifact ends; what is compressed inside keeps its name. */
export function formatOf({ type, compression }: ArtifactConfig): string {
  if (type === 'oci') return 'oci.tar';
  if (type === 'squashfs' || type === 'erofs' || compression === undefined) return type;
  return `${type}.${SUFFIXES[compression]}`;
}

/** Each of them once, in their order. */
export function distinctArtifacts<T extends ArtifactConfig>(artifacts: readonly T[]): readonly T[] {
  return [...new Map(artifacts.map((form) => [formatOf(form), form])).values()];
}

/**
 * What is to be told of a file that was made.
 *
 * @param options.hashes by format: those that are known already
 * @throws UtilsError CANCELLED
 */
export async function describeArtifact(
  path: string,
  format: string,
  options: { readonly hashes?: ReadonlyMap<string, string>; readonly signal: AbortSignal },
): Promise<ImageArtifact> {
  const { size: bytes } = await stat(path);
  const sha256 = options.hashes?.get(format) ?? (await sha256SparseFile(path, bytes, options.signal));
  return { path, format, bytes, sha256 };
}
