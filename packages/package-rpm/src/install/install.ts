import { copyFileSync, linkSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { type ContentFilter, type FetchedPackage, PackageError } from '@ic/package-core';
import { type Context, throwIfCancelled } from '@ic/utils';
import { placeAccountTables } from './account-tables.js';
import { contentMacros, writeMacros } from './content-macros.js';
import { makeCoveredFolders } from './covered-folders.js';
import { deferPrograms } from './deferred-programs.js';
import { listInstalled } from './list-installed.js';
import { type LoadedPackage, loadPackages } from './load.js';
import { installOrder } from './order.js';
import type { RpmInTools } from './rpm-in-tools.js';
import type { ToolsRunner } from './runner.js';
import { runTransaction } from './transaction.js';

export interface InstallRpmsOptions {
  /** Absolute host path of an empty folder. */
  readonly root: string;
  /** The chroot environment: with the target's rpm, unpacked and not installed. */
  readonly tools: ToolsRunner;
  /**
   * Absolute paths of programs that do nothing while scriptlets run, because packages call them over and over and the
   * image needs them at most once, later.
   */
  readonly deferred: readonly string[];
  /** What of each package is unpacked, now and by the image's own rpm; everything when left out. */
  readonly content?: ContentFilter | undefined;
  /** A folder outside of the root, best on the file system of the package cache. */
  readonly work: string;
  /** Seconds since 1970: the time of installation that the rpm database tells. */
  readonly epoch: number;
  /** Packages read at once. */
  readonly jobs: number;
  readonly context: Context;
}

/**
 * Installs a solved set into an empty root in one transaction of the target's own rpm, in our order. rpm runs in the
 * chroot environment: the host needs none, and its configuration is whole from the first package on. It solves nothing,
 * checks the digests again and leaves its database as it writes it itself: the same bytes for the same packages and
 * epoch. As with rpm and dnf, a %pre or %pretrans that fails ends the installation; any other scriptlet
 * that fails is told in a warning event, SCRIPTLET_FAILED.
 *
 * @throws PackageError INSTALL_FAILED, PACKAGE_INVALID, HASH_MISMATCH; UtilsError CANCELLED
 */
export async function installRpms(
  packages: readonly FetchedPackage[],
  options: InstallRpmsOptions,
): Promise<void> {
  const { root, tools, work, epoch, jobs, context } = options;
  const order = installOrder(await loadPackages(packages, jobs));
  // Backwards, so that the first owner of a path is the one that counts.
  const owned = new Map(
    order
      .flatMap((pkg) => pkg.files)
      .reverse()
      .map((file) => [file.path, file]),
  );
  makeCoveredFolders(root, { owned, epoch });
  await placeAccountTables(root, order, context.signal);
  const deferred = deferPrograms(options.deferred, { files: owned.keys(), work });
  const folder = join(work, 'packages');
  mkdirSync(folder);
  const files = order.map((pkg, index) => {
    const name = `${index + 1}.rpm`;
    linkFile(pkg.fetched.path, join(folder, name));
    return name;
  });
  throwIfCancelled(context.signal);
  const rpm: RpmInTools = { root, tools };
  const names = order.map((pkg) => pkg.nevra);
  const macros = contentMacros(options.content);
  await runTransaction(rpm, { packages: names, folder, files, deferred, macros, epoch, context });
  writeMacros(root, macros);
  checkInstalled(order, await listInstalled(rpm));
  for (const used of [folder, deferred.folder]) rmSync(used, { recursive: true });
}

function linkFile(from: string, to: string): void {
  try {
    linkSync(from, to);
  } catch {
    // Another file system, or somebody else's file.
    copyFileSync(from, to);
  }
}

/** rpm leaves out what another package of the transaction obsoletes, for one. */
function checkInstalled(order: readonly LoadedPackage[], installed: readonly string[]): void {
  const found = new Set(installed);
  const missing = order.filter((pkg) => !found.delete(pkg.nevra)).map((pkg) => pkg.nevra);
  if (missing.length === 0 && found.size === 0) return;
  const extra = [...found];
  throw new PackageError(
    'INSTALL_FAILED',
    `after the installation the rpm database does not list what was chosen: ${[
      ...missing.map((name) => `${name} is missing`),
      ...extra.map((name) => `${name} is more`),
    ].join(', ')}`,
    { details: { missing, extra }, hint: 'run the build with -v to see what rpm printed' },
  );
}
