import { rm, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { ArtifactConfig } from '@ic/toolchain';
import { compressFile, throwIfCancelled } from '@ic/utils';
import type { DiskPlan } from '../imagedisk/disk-plan.js';
import type { OpenWriter } from './extent.js';
import { openGzip } from './gzip.js';
import { writeOva } from './ova.js';
import { openQcow2 } from './qcow2.js';
import { openSparseHash, sha256SparseFile } from './sparse-hash.js';
import { openVdi } from './vdi.js';
import { openVhd, vhdTail } from './vhd.js';
import { openVhdx } from './vhdx.js';
import { openVmdk } from './vmdk.js';
import { withOutput, writeInOnePass } from './write-in-one-pass.js';

export interface ConvertOptions {
  /** Absolute path of the finished disk, `<name>.raw`; the artifacts are put beside it. */
  readonly image: string;
  readonly plan: DiskPlan;
  readonly artifacts: readonly ArtifactConfig[];
  /** Seconds since 1970 that stand for "now". */
  readonly epoch: number;
  /** Threads of each program that compresses; default one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal: AbortSignal;
}

export interface ImageArtifact {
  /** Absolute. */
  readonly path: string;
  /** `raw`, `qcow2`, `raw.zst` …: also how the file name ends. */
  readonly format: string;
  readonly bytes: number;
  readonly sha256: string;
}

type Type = ArtifactConfig['type'];

const SUFFIXES = { gz: 'gz', xz: 'xz', zstd: 'zst', bz2: 'bz2' } as const;

/** A tar header holds 100 characters, with the ending. */
const LONGEST_NAME = 90;

/** Formats that are written while the disk is read. */
const WRITERS = {
  qcow2: openQcow2,
  vhd: openVhd,
  vhdx: openVhdx,
  vmdk: openVmdk,
  vdi: openVdi,
} as const satisfies Partial<Record<Type, OpenWriter>>;

/**
 * Makes every artifact of a finished disk, each once, in the order of the template. All formats are written in one pass
 * over the disk's data, with the programs that compress it beside; holes are neither read nor written. The same disk,
 * plan and epoch give the same bytes. The raw image stays only where it is asked for without compression.
 *
 * @throws UtilsError DISK_FULL, EXEC_NOT_FOUND, EXEC_FAILED, CANCELLED
 */
export async function convertImage(options: ConvertOptions): Promise<readonly ImageArtifact[]> {
  const forms = distinct(options.artifacts);
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
  for (const form of forms) made.push(await describe(options, form, hashes));
  await removeUnasked(options, forms);
  return made;
}

function distinct(artifacts: readonly ArtifactConfig[]): readonly ArtifactConfig[] {
  return [...new Map(artifacts.map((form) => [formatOf(form), form])).values()];
}

function formatOf({ type, compression }: ArtifactConfig): string {
  return compression === undefined ? type : `${type}.${SUFFIXES[compression]}`;
}

function pathOf({ image }: ConvertOptions, form: ArtifactConfig): string {
  return `${image.slice(0, -'raw'.length)}${formatOf(form)}`;
}

/** Formats whose files there have to be, also where only a compressed form or what is made of them is asked for. */
function plainTypes(forms: readonly ArtifactConfig[]): Set<Type> {
  const types = new Set(forms.map(({ type }) => type));
  return types.has('ova') ? types.add('vmdk') : types;
}

function isProgramOverRaw({ type, compression }: ArtifactConfig): boolean {
  return type === 'raw' && compression !== 'gz';
}

/** Writes the formats and `raw.gz`, and tells the hashes of those that are the disk's own bytes. */
async function passOverDisk(
  options: ConvertOptions,
  forms: readonly ArtifactConfig[],
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
async function compressAll(options: ConvertOptions, forms: readonly ArtifactConfig[]): Promise<void> {
  const { plan, epoch, jobs: threads, signal } = options;
  for (const form of forms) {
    const { type, compression } = form;
    if (compression === undefined) continue;
    const [from, to] = [pathOf(options, { type }), pathOf(options, form)];
    if (compression !== 'gz') await compressFile(from, to, compression, { threads, signal });
    else {
      const { size } = await stat(from);
      const targets = [{ path: to, open: openGzip }];
      await writeInOnePass({ image: from, disk: { size, seed: plan.diskId, epoch }, targets, signal });
    }
  }
}

async function writePackage(options: ConvertOptions, hashes: Map<string, string>): Promise<void> {
  const { plan, epoch, signal } = options;
  const disk = await describe(options, { type: 'vmdk' }, hashes);
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

async function describe(
  options: ConvertOptions,
  form: ArtifactConfig,
  hashes: ReadonlyMap<string, string>,
): Promise<ImageArtifact> {
  const format = formatOf(form);
  const path = pathOf(options, form);
  const { size: bytes } = await stat(path);
  const sha256 = hashes.get(format) ?? (await sha256SparseFile(path, bytes, options.signal));
  return { path, format, bytes, sha256 };
}

async function removeUnasked(options: ConvertOptions, forms: readonly ArtifactConfig[]): Promise<void> {
  const asked = new Set(forms.map(formatOf));
  for (const type of plainTypes(forms).add('raw')) {
    if (!asked.has(type)) await rm(pathOf(options, { type }));
  }
}

/** Runs all works at once; when one fails, the others are told to stop, and its reason counts. */
async function together(
  signal: AbortSignal,
  works: readonly ((signal: AbortSignal) => Promise<void>)[],
): Promise<void> {
  const stop = new AbortController();
  const either = AbortSignal.any([signal, stop.signal]);
  let failure: { readonly reason: unknown } | undefined;
  const run = async (work: (signal: AbortSignal) => Promise<void>) => {
    try {
      await work(either);
    } catch (reason) {
      failure ??= { reason };
      stop.abort();
    }
  };
  await Promise.all(works.map(run));
  throwIfCancelled(signal);
  if (failure !== undefined) throw failure.reason;
}
