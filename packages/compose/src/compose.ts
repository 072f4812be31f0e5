import { join, resolve } from 'node:path';
import { checkAssembly, hooksReachNetwork, isLabelled, requirePackages } from '@ic/image-core';
import { type FetchedPackage, type PackageRef, type RepositoryProof, repositoryKeys } from '@ic/package-core';
import { buildManifest, inspectHost, requireHost, runInNamespaces } from '@ic/toolchain';
import { type Context, defaultContext, messageOf, requireFolder, sha256, stage } from '@ic/utils';
import type { ComposeOptions, ComposeResult, TemplateRequest } from './api.js';
import type { BuilderJob, BuilderResult } from './builder-job.js';
import { chooseNow, chosenBefore } from './chosen.js';
import { fetchChosen } from './fetch-chosen.js';
import { currentLockfile } from './lockfile.js';
import { planImage } from './plan-image.js';
import { publish } from './publish.js';
import { defaultJobs, withProvider } from './solve.js';
import { validate } from './validate.js';
import { VERSION } from './version.js';
import { openWorkFolder } from './work-folder.js';

/** Part of the key of cached chroot environments; to be raised when they are made in another way. */
const CHROOT_FORMAT = 1;

/**
 * Builds the image that a template asks for and puts its artifacts and manifest into the output folder, whole or
 * not at all. As root or not; what this machine lacks is said before work starts.
 *
 * @throws ToolchainError, PackageError, ImageError, UtilsError; `fault` tells whether the request or the build failed
 */
export async function compose(
  request: TemplateRequest,
  options: ComposeOptions,
  context: Context = defaultContext(),
): Promise<ComposeResult> {
  const { config } = await stage(context, 'validate', () => validate(request));
  const plan = planImage(config);
  const assembly = options.assembly ?? 'direct';
  checkAssembly(plan, { mode: assembly, isLabelled: isLabelled(config) });
  const network = hooksReachNetwork(config.system.hooks, options.offline === true);
  const lockfile = options.locked === true ? await currentLockfile(request.template, config) : undefined;
  const host = await inspectHost({ purposes: ['build'], signal: context.signal });
  requireHost(host, { namespaces: true, loopDevices: assembly === 'loop' });
  const workDir = resolve(options.workDir ?? join(options.cacheDir, 'work'));
  await requireFolder(options.outputDir, 'output folder', 'choose another with --output-dir');
  await requireFolder(workDir, 'work folder', 'choose another with --work-dir');
  const privilege = host.user.uid === 0 ? 'root' : 'user';
  const jobs = options.jobs ?? defaultJobs();
  return withProvider(config, options, context, async (provider, fetcher) => {
    const chosen =
      lockfile === undefined
        ? await chooseNow(config, provider, context)
        : await chosenBefore(lockfile, config, provider, context);
    requirePackages(config, new Set(chosen.packages.map(({ name }) => name)));
    const keys = await repositoryKeys(config.repositories, { ...options, fetcher }, context);
    const { packages, tools: toolPackages, packageProofs } = await fetchChosen(provider, chosen, context);
    const epoch = options.sourceDateEpoch ?? newestIndex(chosen.proofs, context);
    const work = await openWorkFolder(workDir, privilege, context);
    try {
      const job: BuilderJob = {
        config,
        plan,
        packages,
        repositoryKeys: keys,
        chroot: chrootOf(resolve(options.cacheDir), toolPackages),
        work: work.path,
        epoch,
        assembly,
        jobs,
      };
      const module = new URL('../dist/builder.js', import.meta.url).href;
      const { artifacts, plan: written } = await runInNamespaces<BuilderResult>(module, job, {
        ...{ privilege, network, context },
      });
      const manifest = buildManifest({
        config,
        packages: chosen.packages,
        proofs: chosen.proofs,
        packageProofs,
        plan: written,
        artifacts,
        versions: { ic: VERSION, ...toolVersions(toolPackages) },
        epoch,
      });
      return await publish(
        { artifacts, manifest, name: `${config.image.name}-${config.image.version}` },
        options.outputDir,
        context,
      );
    } finally {
      await work.remove().catch((error: unknown) => {
        context.logger.warn(`the build's folder ${work.path} could not be removed: ${messageOf(error)}`);
      });
    }
  });
}

/** The date of the newest repository index, so that the same packages give the same time stamps; in seconds. */
function newestIndex(proofs: readonly RepositoryProof[], context: Context): number {
  const dates = proofs.flatMap((proof) => (proof.date === undefined ? [] : [Date.parse(proof.date)]));
  return Math.floor(Math.max(...(dates.length === 0 ? [context.clock.now().getTime()] : dates)) / 1000);
}

function chrootOf(cacheDir: string, packages: readonly FetchedPackage[]): BuilderJob['chroot'] {
  const key = sha256([CHROOT_FORMAT, ...packages.map((pkg) => pkg.sha256)].join('\n'));
  return { folder: join(cacheDir, 'chroot'), key, packages };
}

/** Versions of the programs whose output is in the image. */
function toolVersions(packages: readonly PackageRef[]): Record<string, string> {
  const wrote = new Set([
    'e2fsprogs',
    'dosfstools',
    'mtools',
    'tar',
    'cpio',
    'xfsprogs',
    'btrfs-progs',
    'f2fs-tools',
    'erofs-utils',
    'squashfs-tools',
    'grub-common',
    'grub2',
    'rpm',
  ]);
  return Object.fromEntries(
    packages.filter((pkg) => wrote.has(pkg.name)).map((pkg) => [pkg.name, pkg.version]),
  );
}
