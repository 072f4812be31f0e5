import { appendFile, copyFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { ToolRunner } from '@ic/toolchain';
import { type Context, diskFull, writeCpio } from '@ic/utils';
import { ImageError } from '../errors.js';
import { readsZstd } from '../imageboot/build-initramfs.js';
import { findKernels } from '../imageboot/find-kernels.js';
import { kernelWords } from '../imageboot/kernel-words.js';
import { attributesLost } from '../imagedisk/attributes-lost.js';
import { treeAttributes } from '../imagedisk/extended-attributes.js';
import { resolveInRoot } from '../imageos/resolve-in-root.js';
import { existsInRoot } from '../imageos/root-files.js';
import { treeNames } from '../imageos/tree-names.js';
import { describeArtifact, type ImageArtifact } from './artifact.js';
import { compressArtifact } from './compress-artifact.js';
import { runOnRoot } from './run-on-root.js';

export interface PackInitramfsOptions {
  /** Absolute path of the finished root file system; stays as it is. */
  readonly rootfs: string;
  /** Absolute path of the artifacts up to the dot before their format. */
  readonly base: string;
  /** For the kernel; needs no root=. */
  readonly commandLine: string;
  /** Has GNU cpio. */
  readonly tools: ToolRunner;
  /** Seconds since 1970 that stand for "now". */
  readonly epoch: number;
  /** Threads of the program that compresses; default one for each processor. */
  readonly jobs?: number | undefined;
  readonly signal: AbortSignal;
  /** Is warned of what is lost. */
  readonly events: Context['events'];
}

/** Permission bits do not count on a link. */
const LINK_MODE = 0o120777;

/**
 * Makes a root file system start out of memory: its newest kernel (`vmlinuz`), all of the tree as an initramfs whose
 * `/init` is the system's own (`initrd`), and an iPXE script that loads the two with the command line (`ipxe`). The
 * archive has no extended attributes, because newc knows none: programs with file capabilities lose them, with a warning.
 * The same tree gives the same bytes; its times must be settled (`sealSystem`).
 *
 * @throws ImageError BOOT_FILE_MISSING, IMAGE_FAILED; UtilsError DISK_FULL, EXEC_NOT_FOUND, EXEC_FAILED, CANCELLED
 */
export async function packInitramfs(options: PackInitramfsOptions): Promise<readonly ImageArtifact[]> {
  const { rootfs, base, signal } = options;
  const [kernel] = await findKernels(rootfs);
  if (kernel === undefined) return [];
  await warnOfLost(options);
  const archive = `${base}.cpio`;
  await writeArchive(archive, options);
  const compression = (await readsZstd(rootfs, kernel.release)) ? 'zstd' : 'gz';
  await compressArtifact(archive, `${base}.initrd`, compression, options);
  await rm(archive);
  try {
    await copyFile(await resolveInRoot(rootfs, kernel.image), `${base}.vmlinuz`);
    await writeFile(`${base}.ipxe`, ipxeScript(options));
  } catch (error) {
    throw diskFull(error, base);
  }
  const made: ImageArtifact[] = [];
  for (const format of ['vmlinuz', 'initrd', 'ipxe']) {
    made.push(await describeArtifact(`${base}.${format}`, format, { signal }));
  }
  return made;
}

async function warnOfLost({ rootfs, signal, events }: PackInitramfsOptions): Promise<void> {
  const attributes = await treeAttributes(rootfs, { signal });
  const paths = [...attributes.keys()].map((path) => `/${path}`);
  if (paths.length === 0) return;
  events(attributesLost('an initramfs holds no extended attributes (file capabilities, ACLs)', paths));
}

async function writeArchive(to: string, options: PackInitramfsOptions): Promise<void> {
  const { rootfs, epoch } = options;
  const hasInit = await existsInRoot(rootfs, '/init');
  if (!hasInit && !(await existsInRoot(rootfs, '/sbin/init'))) {
    throw new ImageError(
      'BOOT_FILE_MISSING',
      'the root file system has no /sbin/init for the kernel to start',
      { fault: 'request', hint: 'add the package systemd-sysv (rpm: systemd) to "systemConfig.packages"' },
    );
  }
  const form = ['--create', '--quiet', '--null', '--format=newc', '--reproducible', `--file=${to}`];
  await runOnRoot({ ...options, to }, 'cpio', form, { cwd: rootfs, input: treeNames(rootfs) });
  if (hasInit) return;
  // The kernel unpacks archives one over the other (buffer-format.rst).
  const init = { path: 'init', mode: LINK_MODE, mtime: epoch, data: Buffer.from('/sbin/init') };
  try {
    await appendFile(to, writeCpio([init]));
  } catch (error) {
    throw diskFull(error, dirname(to));
  }
}

/** For ipxe.org/scripting, with the files beside it. UEFI's kernel finds its initramfs by `initrd=`. */
function ipxeScript({ base, commandLine }: PackInitramfsOptions): string {
  const name = base.slice(base.lastIndexOf('/') + 1);
  const words = [`initrd=${name}.initrd`, ...kernelWords(commandLine)];
  return `#!ipxe\nkernel ${name}.vmlinuz ${words.join(' ')}\ninitrd ${name}.initrd\nboot\n`;
}
