import { lstatSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { ContentFilter, FetchedPackage } from '@ic/package-core';
import { type Context, throwIfCancelled } from '@ic/utils';
import { contentRules, pathFilter } from './content-rules.js';
import { ADMIN_DIRECTORY, createDatabase, type TriggerInterest } from './database.js';
import { parseDiversions } from './diversions.js';
import { decompressAhead, type LoadedPackage, loadPackages } from './load.js';
import { linkMergedUsr } from './merged-usr.js';
import { installWaves } from './order.js';
import { createRecord, interestsOf } from './record.js';
import { hostPath, readInRoot, writeInRoot } from './root-files.js';
import type { PackageRunner } from './runner.js';
import { activateTriggers, configureAll, runPreinst, type ScriptRunner } from './scripts.js';
import { Unpacker } from './unpack.js';

export interface InstallDebsOptions {
  readonly runner: PackageRunner;
  /** dpkg's word: amd64, arm64. */
  readonly architecture: string;
  /**
   * Absolute paths of programs that do nothing while packages are configured, because packages call them over and
   * over and the image needs them at most once, later.
   */
  readonly deferred: readonly string[];
  /** What of each package is unpacked, now and by the image's own dpkg; everything when left out. */
  readonly content?: ContentFilter | undefined;
  /** A folder outside of the root, for the stand-in of deferred programs. */
  readonly work: string;
  /** Archives decompressed at once. */
  readonly jobs: number;
  readonly context: Context;
}

/** A program that succeeds and does nothing, in place of each deferred one. */
const STAND_IN = '#!/bin/sh\nexit 0\n';
const CONTENT_RULES = 'etc/dpkg/dpkg.cfg.d/image-composer';
const POLICY = 'usr/sbin/policy-rc.d';
/** invoke-rc.d and deb-systemd-invoke ask it; 101 forbids to start or stop anything. */
const REFUSE_SERVICES = '#!/bin/sh\nexit 101\n';

/**
 * Installs a solved set into an empty root as `dpkg --install` does, but unpacking by ourselves: each wave is
 * unpacked whole (decompressed in parallel, ahead of time), then configured by the target's own dpkg, which leaves
 * its database as it writes it itself. Nothing is solved again and nothing is downloaded.
 *
 * @throws PackageError INSTALL_FAILED, FILE_CONFLICT, PACKAGE_INVALID, HASH_MISMATCH; UtilsError CANCELLED
 */
export async function installDebs(
  packages: readonly FetchedPackage[],
  options: InstallDebsOptions,
): Promise<void> {
  const { runner, context, jobs } = options;
  const { root } = runner;
  const loaded = await loadPackages(packages, { jobs, signal: context.signal });
  const waves = installWaves(loaded);
  const data = decompressAhead(waves.flat(), { jobs, signal: context.signal });
  linkMergedUsr(root, options.architecture);
  createDatabase(root, options.architecture);
  const rules = contentRules(options.content);
  if (rules.length > 0) writeInRoot(root, CONTENT_RULES, rules.map((rule) => `${rule}\n`).join(''));
  const scripts: ScriptRunner = {
    runner,
    dpkgVersion: loaded.find((pkg) => pkg.name === 'dpkg')?.version ?? '',
    standIn: writeStandIn(options.work),
    deferred: options.deferred,
    onLine: (line) => context.events({ type: 'output', source: 'dpkg', line }),
  };
  const unpacker = new Unpacker(root, pathFilter(rules));
  const record = createRecord(root, unpacker);
  const interests: TriggerInterest[] = [];
  let unpacked = 0;
  for (const [number, wave] of waves.entries()) {
    for (const pkg of wave) {
      throwIfCancelled(context.signal);
      // What is essential cannot run scripts before all of it is there.
      if (number > 0 && pkg.hasPreinst) {
        await runPreinst(scripts, pkg);
        unpacker.afterScripts(readDiversions(root));
      }
      const archive = await data.take(pkg);
      unpacker.unpack({ owner: pkg, conffiles: new Set(pkg.conffiles), data: archive });
      record.add(pkg, archive);
      unpacked += 1;
      const progress = { done: unpacked, total: loaded.length, unit: 'packages', item: pkg.name } as const;
      context.events({ type: 'progress', stage: 'install', ...progress });
    }
    record.write(wave);
    if (number === 0) for (const pkg of wave) await runPreinst(scripts, pkg);
    const policies = lstatSync(hostPath(root, POLICY), { throwIfNoEntry: false }) !== undefined;
    if (!policies) writeInRoot(root, POLICY, REFUSE_SERVICES, { mode: 0o755 });
    await activateTriggers(scripts, activatedBy(wave, unpacker, interests));
    await configureAll(scripts, { forceDepends: number === 0 });
    if (!policies) rmSync(hostPath(root, POLICY));
    unpacker.afterScripts(readDiversions(root));
    interests.push(...interestsOf(wave));
  }
}

function readDiversions(root: string) {
  return parseDiversions(readInRoot(root, `${ADMIN_DIRECTORY}/diversions`));
}

/** The paths that earlier waves watch and that this one has put files below. */
function activatedBy(
  wave: readonly LoadedPackage[],
  unpacker: Unpacker,
  interests: readonly TriggerInterest[],
): string[] {
  const watched = [...new Set(interests.map((interest) => interest.trigger))].filter((trigger) =>
    trigger.startsWith('/'),
  );
  const brought = wave.flatMap((pkg) => unpacker.lists.get(pkg) ?? []);
  return watched.filter((trigger) =>
    brought.some((path) => path === trigger || path.startsWith(`${trigger}/`)),
  );
}

function writeStandIn(work: string): string {
  const path = join(work, 'deferred');
  writeFileSync(path, STAND_IN, { mode: 0o755 });
  return path;
}
