import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArtifactConfig, DiskArtifactType } from '@ic/toolchain';
import { together } from '@ic/utils';
import type { DiskPlan } from '../imagedisk/disk-plan.js';
import { describeArtifact, distinctArtifacts, formatOf, type ImageArtifact } from './artifact.js';
import { compressArtifact } from './compress-artifact.js';
import type { OpenWriter } from './extent.js';
import { openGzip } from './gzip.js';
import { writeOva } from './ova.js';
import { openQcow2 } from './qcow2.js';
import { openSparseHash } from './sparse-hash.js';
import { openVdi } from './vdi.js';
import { openVhd, vhdTail } from './vhd.js';
import { openVhdx } from './vhdx.js';
import { openVmdk } from './vmdk.js';
import { withOutput, writeInOnePass } from './write-in-one-pass.js';

export interface ConvertOptions {
  /** Absolute path of the finished disk, `<name>.raw`; the artifacts are put beside it. */
  readonly image: string;
  readonly plan: DiskPlan;
  readonly artifacts: readonly DiskArtifact[];
  /** Seconds since 1970 that stand for "now". */
  readonly epoch: number;
  /** Threads of each program that compresses; default one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface DiskArtifact extends ArtifactConfig {
  readonly type: DiskArtifactType;
}

/** A tar header holds 100 characters, with the ending. */
const LONGEST_NAME = 90;

/** Formats that are written while the disk is read. */
const WRITERS = {
  qcow2: openQcow2,
  vhd: openVhd,
  vhdx: openVhdx,
  vmdk: openVmdk,
  vdi: openVdi,
} as const satisfies Partial<Record<DiskArtifactType, OpenWriter>>;

/**
 * Makes every artifact of a finished disk, each once, in the order of the template. All formats are written in one pass
 * over the disk's data, with the programs that compress it beside; holes are neither read nor written. The same disk,
 * plan and epoch give the same bytes. The raw image stays only where it is asked for without compression.
 *
 * @throws UtilsError DISK_FULL, EXEC_NOT_FOUND, EXEC_FAILED, CANCELLED
 */
export async function convertImage(options: ConvertOptions): Promise<readonly ImageArtifact[]> {
  const forms = distinctArtifacts(options.artifacts);
  const hashes = new Map<string, string>();
  await together(options.signal, [
    (signal) => passOverDisk({ ...options, signal }, forms, hashes),
    (signal) => compressAll({ ...options, signal }, forms.filter(isProgramOverRaw)),
  ]);
  if (forms.some(({ type }) => type === 'ova')) await writePackage(options, hashes);
  await compressAll(
    options,
    forms.filter(({ type }) => type !== 'raw'),
  );
  const made: ImageArtifact[] = [];
  for (const form of forms)
    made.push(
      await describeArtifact(pathOf(options, form), formatOf(form), { hashes, signal: options.signal }),
    );
  await removeUnasked(options, forms);
  return made;
}

function pathOf({ image }: ConvertOptions, form: DiskArtifact): string {
  return `${image.slice(0, -'raw'.length)}${formatOf(form)}`;
}

/** Formats whose files there have to be, also where only a compressed form or what is made of them is asked for. */
function plainTypes(forms: readonly DiskArtifact[]): Set<DiskArtifactType> {
  const types = new Set(forms.map(({ type }) => type));
  return types.has('ova') ? types.add('vmdk') : types;
}

function isProgramOverRaw({ type, compression }: DiskArtifact): boolean {
  return type === 'raw' && compression !== 'gz';
}

/** Writes the formats and `raw.gz`, and tells the hashes of those that are the disk's own bytes. */
async function passOverDisk(
  options: ConvertOptions,
  forms: readonly DiskArtifact[],
  hashes: Map<string, string>,
): Promise<void> {
  const { image, plan, epoch, signal } = options;
  const types = plainTypes(forms);
  const targets = Object.entries(WRITERS).flatMap(([name, open]) => {
    const type = name as keyof typeof WRITERS;
    return types.has(type) ? [{ path: pathOf(options, { type }), open }] : [];
  });
  const gzip = forms.find(({ type, compression }) => type === 'raw' && compression === 'gz');
  if (gzip !== undefined) targets.push({ path: pathOf(options, gzip), open: openGzip });
  const disk = { size: plan.size, seed: plan.diskId, epoch };
  const hash = openSparseHash(plan.size);
  const asked = new Set(forms.map(formatOf));
  const taps = asked.has('raw') || asked.has('vhd') ? [hash] : [];
  await writeInOnePass({ image, disk, targets, taps, signal });
  if (asked.has('raw')) hashes.set('raw', hash.digest());
  if (asked.has('vhd')) hashes.set('vhd', hash.digest(vhdTail(disk)));
}

/** One after the other: each has all processors for itself. */
async function compressAll(options: ConvertOptions, forms: readonly DiskArtifact[]): Promise<void> {
  for (const form of forms) {
    const { type, compression } = form;
    if (compression === undefined) continue;
    await compressArtifact(pathOf(options, { type }), pathOf(options, form), compression, options);
  }
}

async function writePackage(options: ConvertOptions, hashes: Map<string, string>): Promise<void> {
  const { plan, epoch, signal } = options;
  const disk = await describeArtifact(pathOf(options, { type: 'vmdk' }), 'vmdk', { hashes, signal });
  const name = basename(options.image, '.raw').slice(0, LONGEST_NAME);
  hashes.set('vmdk', disk.sha256);
  await withOutput(pathOf(options, { type: 'ova' }), (output) =>
    writeOva(
      output,
      {
        name,
        disk: { ...disk, file: `${name}.vmdk`, capacity: plan.size },
        efi: plan.partitions.some(({ type }) => type === 'esp'),
        epoch,
      },
      signal,
    ),
  );
}

async function removeUnasked(options: ConvertOptions, forms: readonly DiskArtifact[]): Promise<void> {
  const asked = new Set(forms.map(formatOf));
  for (const type of plainTypes(forms).add('raw')) {
    if (!asked.has(type)) await rm(pathOf(options, { type }));
  }
}
