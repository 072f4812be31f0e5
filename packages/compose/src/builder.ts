import { mkdirSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type BuildPoint,
  buildInitramfs,
  configureSystem,
  type HookOptions,
  installBootloader,
  labelFiles,
  minimizeDisk,
  planBoot,
  runHooks,
  sealSystem,
  writeBiosBootCode,
} from '@ic/image-core';
import { makeInitramfsImage, makeRawImage } from '@ic/image-raw';
import { createToolRunner, type ToolRunner } from '@ic/toolchain';
import { type Context, exec, formatSize, stage } from '@ic/utils';
import type { BuilderJob, BuilderResult } from './builder-job.js';
import { openChroot } from './chroot.js';
import { familyOf } from './family.js';

/** Runs inside the build's namespaces, as their root: from verified packages to finished artifacts. */
export async function run(input: unknown, context: Context): Promise<BuilderResult> {
  const job = input as BuilderJob;
  const { config, plan, repositoryKeys, epoch, work, jobs } = job;
  const { signal } = context;
  const trees = await makeTrees(job, context);
  const { rootfs } = trees;
  const family = await familyOf(config.target);
  const runner = createToolRunner(rootfs, { signal });
  const chroot = stage(context, 'chrootbuild', () => openChroot(trees.chroot, job, context));
  const { packageArchitecture: architecture } = config.target;
  const hooksAt = async (point: BuildPoint, options: Pick<HookOptions, 'runner' | 'rootfs'>) => {
    const hooks = config.system.hooks[point];
    if (hooks.length === 0) return;
    await stage(context, point, () => runHooks(point, hooks, { ...options, epoch, context }));
  };
  if (config.system.hooks.preInstall.length > 0)
    await hooksAt('preInstall', { runner: await chroot, rootfs });
  const [tools] = await Promise.all([
    chroot,
    family.install(job.packages, {
      ...{ runner, tools: chroot, architecture, work, epoch, jobs, context },
      content: config.system.packageManager,
    }),
  ]);
  await hooksAt('postInstall', { runner });
  await stage(context, 'imageos', () =>
    configureSystem({ rootfs, config, plan, runner, repositoryKeys, epoch, context }),
  );
  const installed: Installed = { ...job, rootfs, runner, tools, context };
  const isDisk = config.target.imageType !== 'img';
  if (isDisk) await makeBootable(installed);
  await hooksAt('preImage', { runner });
  await stage(context, 'seal', async () => {
    await sealSystem({ rootfs, config, epoch });
    await labelFiles({ rootfs, config, runner, context });
  });
  return isDisk ? finishDisk(installed) : finishInitramfs(installed);
}

interface Installed extends BuilderJob {
  /** With its packages and settings. */
  readonly rootfs: string;
  readonly runner: ToolRunner;
  readonly tools: ToolRunner;
  readonly context: Context;
}

async function makeBootable(job: Installed): Promise<void> {
  const { config, plan, rootfs, tools, epoch, context } = job;
  const boot = planBoot(config, plan);
  await stage(context, 'initramfs', () =>
    buildInitramfs({
      ...{ ...job, extraModules: config.system.kernel.extraModules },
      volatileRoot: boot.volatileRoot,
    }),
  );
  await stage(context, 'imageboot', () => installBootloader({ rootfs, boot, tools, epoch, context }));
}

async function finishDisk(job: Installed): Promise<BuilderResult> {
  const { config, plan, rootfs, context } = job;
  return stage(context, 'imagedisk', async () => {
    const disk = await minimizeDisk(plan, { ...job, mode: job.assembly });
    const artifacts = await makeRawImage({
      ...job,
      plan: disk,
      mode: job.assembly,
      writeBootCode: (image) => writeBiosBootCode(image, { plan: planBoot(config, disk), rootfs }),
    });
    return { artifacts, plan: disk };
  });
}

async function finishInitramfs(job: Installed): Promise<BuilderResult> {
  const { plan, context } = job;
  const artifacts = await stage(context, 'initramfs', () => makeInitramfsImage(job));
  return { artifacts, plan };
}

/** The folders of the root file system and the chroot environment: in memory where there is room, else on disk. */
async function makeTrees(job: BuilderJob, context: Context): Promise<{ rootfs: string; chroot: string }> {
  const parent = join(job.work, 'trees');
  mkdirSync(parent);
  const stated = [...job.packages, ...job.chroot.packages].reduce((sum, pkg) => sum + pkg.installedSize, 0);
  // Half as much again for the initramfs, the boot loader, caches that scripts make and the template's own files.
  const need = 1.5 * stated + 512 * 1024 ** 2;
  const available = await availableMemory();
  if (need < available / 2) {
    await exec('mount', ['-t', 'tmpfs', '-o', `mode=0755,size=${Math.ceil(need)}`, 'image-composer', parent]);
  } else {
    context.logger.info(
      `building on disk: the root file system may take ${formatSize(need)}, and ${formatSize(available)} of memory are free`,
    );
  }
  const trees = { rootfs: join(parent, 'rootfs'), chroot: join(parent, 'chroot') };
  for (const folder of Object.values(trees)) mkdirSync(folder, { mode: 0o755 });
  return trees;
}

/** Bytes that the kernel could give to programs now. */
async function availableMemory(): Promise<number> {
  const line = /^MemAvailable:\s+(\d+) kB$/m.exec(await readFile('/proc/meminfo', 'utf8'));
  return 1024 * Number(line?.[1] ?? 0);
}
