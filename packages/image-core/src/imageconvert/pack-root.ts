import { rm } from 'node:fs/promises';
import type { ArtifactConfig, ImageConfig, RootArtifactType, ToolRunner } from '@ic/toolchain';
import { ImageError } from '../errors.js';
import { describeArtifact, distinctArtifacts, formatOf, type ImageArtifact } from './artifact.js';
import { compressArtifact } from './compress-artifact.js';
import { writeErofs, writeSquashfs } from './root-file-system.js';
import { writeRootTar } from './root-tar.js';
import { writeOci } from './write-oci.js';

export interface RootArtifact extends ArtifactConfig {
  readonly type: RootArtifactType;
}

export interface PackRootOptions {
  readonly config: Pick<ImageConfig, 'metadata' | 'image' | 'target'>;
  /** Absolute path of the finished root file system; stays as it is. */
  readonly rootfs: string;
  /** Absolute path of the artifacts up to the dot before their format. */
  readonly base: string;
  readonly artifacts: readonly RootArtifact[];
  /** Has GNU tar; mksquashfs and mkfs.erofs for these. */
  readonly tools: ToolRunner;
  /** Ids are made of it. */
  readonly seed: string;
  /** Seconds since 1970 that stand for "now". */
  readonly epoch: number;
  /** Threads of each program; default one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal: AbortSignal;
}

/**
 * Makes every artifact that is the root file system without a disk, each once, in the order of the template. Archive and
 * OCI layer are one file, written once. The same tree, seed and epoch give the same bytes. To be called as root of the
 * build's namespaces; what was made before an error stays.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, EXEC_FAILED (a program that compresses), CANCELLED
 */
export async function packRoot(options: PackRootOptions): Promise<readonly ImageArtifact[]> {
  const { signal } = options;
  const forms = distinctArtifacts(options.artifacts);
  const made = new Map<string, ImageArtifact>();
  const archives = archivesFor(forms);
  if (archives.length > 0) {
    const plain = pathOf(options, { type: 'tar' });
    await writeRootTar({ ...options, to: plain });
    for (const form of archives) made.set(formatOf(form), await archiveOf(plain, form, options));
  }
  for (const form of forms) {
    const path = pathOf(options, form);
    if (form.type === 'tar') continue;
    if (form.type === 'oci') await writeLayout(path, form, { ...options, made });
    else if (form.type === 'erofs') await writeErofs({ ...options, to: path }, options.seed);
    else if (form.compression !== 'bz2') await writeSquashfs({ ...options, to: path }, form.compression);
    made.set(formatOf(form), await describeArtifact(path, formatOf(form), { signal }));
  }
  const asked = forms.map(formatOf);
  for (const [format, { path }] of made) if (!asked.includes(format)) await rm(path);
  return asked.flatMap((format) => made.get(format) ?? []);
}

function pathOf({ base }: PackRootOptions, form: ArtifactConfig): string {
  return `${base}.${formatOf(form)}`;
}

function layerOf({ compression }: ArtifactConfig): 'gz' | 'zstd' {
  return compression === 'zstd' ? 'zstd' : 'gz';
}

/** The archives that there have to be, the plain one first: an OCI configuration tells its hash. */
function archivesFor(forms: readonly RootArtifact[]): readonly RootArtifact[] {
  const wanted = forms.flatMap((form): RootArtifact[] => {
    if (form.type === 'tar') return [form];
    return form.type === 'oci' ? [{ type: 'tar', compression: layerOf(form) }] : [];
  });
  return wanted.length === 0 ? [] : distinctArtifacts([{ type: 'tar' }, ...wanted]);
}

async function archiveOf(
  plain: string,
  form: RootArtifact,
  options: PackRootOptions,
): Promise<ImageArtifact> {
  const path = pathOf(options, form);
  if (form.compression !== undefined) await compressArtifact(plain, path, form.compression, options);
  return describeArtifact(path, formatOf(form), options);
}

async function writeLayout(
  path: string,
  form: RootArtifact,
  options: PackRootOptions & { readonly made: ReadonlyMap<string, ImageArtifact> },
): Promise<void> {
  const { config, epoch, made, signal } = options;
  const compression = layerOf(form);
  const plain = made.get('tar');
  const layer = made.get(formatOf({ type: 'tar', compression }));
  if (plain === undefined || layer === undefined) throw new ImageError('IMAGE_FAILED', 'there is no layer');
  await writeOci(path, {
    ...config.image,
    description: config.metadata.description,
    arch: config.target.arch,
    epoch,
    diffId: plain.sha256,
    layer: { ...layer, compression },
    signal,
  });
}
