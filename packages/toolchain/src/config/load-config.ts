import { dirname, isAbsolute } from 'node:path';
import { anchorPaths } from '../configparse/anchor-paths.js';
import { applyAssignment, parseAssignment } from '../configparse/apply-set.js';
import {
  type LocatedMap,
  type Path,
  positionAt,
  toJson,
  valueAt,
  withoutNulls,
} from '../configparse/located.js';
import { mergeTemplates } from '../configparse/merge.js';
import { BITMAP_HEADER_BYTES, bitmapProblem } from '../configverify/bitmap-problem.js';
import { checkBoot } from '../configverify/boot-conflicts.js';
import { checkSchema } from '../configverify/check-schema.js';
import { diskConfig } from '../configverify/disk-config.js';
import { checkInitramfs, NO_DISK } from '../configverify/initramfs-conflicts.js';
import { createReport, type Report } from '../configverify/report.js';
import { repositoriesConfig } from '../configverify/repositories-config.js';
import { withSwapFiles } from '../configverify/swap-files.js';
import { systemConfig } from '../configverify/system-config.js';
import { checkUnsupported } from '../configverify/unsupported.js';
import type { DiskConfig, FileSystemType, ImageConfig, SystemConfig, Target } from './image-config.js';
import type { ConfigIo, JsonObject, LoadConfigRequest, LoadedConfig } from './loaded-config.js';
import { nodeIo } from './node-io.js';
import { throwProblems } from './problem.js';
import { readChain } from './read-chain.js';
import { applyMirrors, applyTrustKeys } from './repository-overrides.js';
import { findTarget, SHIPPED_TARGETS, type TargetData } from './target-folder.js';
import type { TemplateDocument } from './template-document.js';
import { schemaNamed } from './template-schema.js';

/** File systems whose programs are not in every chroot environment. */
const SPECIAL_FILE_SYSTEMS: ReadonlySet<FileSystemType> = new Set([
  'xfs',
  'btrfs',
  'f2fs',
  'erofs',
  'squashfs',
]);

/**
 * Reads a template with all that it extends, lays it over the defaults of its target, applies what the command line
 * says, and checks the result. Needs neither network nor root; nothing is written.
 *
 * @throws ToolchainError TEMPLATE_NOT_FOUND, TEMPLATE_SYNTAX, TEMPLATE_INVALID, TEMPLATE_CYCLE, TEMPLATE_CONFLICT,
 *   TEMPLATE_UNSUPPORTED, TARGET_UNKNOWN, TARGET_INVALID, OVERRIDE_INVALID; the fault is the request's
 */
export async function loadConfig(request: LoadConfigRequest, io: ConfigIo = nodeIo): Promise<LoadedConfig> {
  const schema = schemaNamed('template');
  const chain = await readChain(request.template, io);
  const own = chain.map(({ tree }) => tree).reduce(mergeTemplates);
  const assignments = (request.set ?? []).map((text) => parseAssignment(text, schema));
  const named = assignments.filter(({ path }) => path[0] === 'target').reduce(applyAssignment, own);
  throwProblems(checkSchema(named, schema));
  const target = await findTarget(named, [...(request.targetFolders ?? []), SHIPPED_TARGETS], io);
  const merged = target.defaults === undefined ? own : mergeTemplates(target.defaults.tree, own);
  const tree = withoutNulls(
    anchorPaths(assignments.reduce(applyAssignment, merged), dirname(request.template)),
  );
  checkWhole(tree);
  // checkWhole has just proven the shape.
  const document = toJson(tree) as unknown as TemplateDocument;
  const report = createReport(tree);
  const config = imageConfig(document, target.data, report);
  await checkFiles(document, report, io);
  throwProblems(report.problems);
  const mirrored = applyMirrors(config.repositories, request.mirrors ?? {});
  return {
    config: { ...config, repositories: applyTrustKeys(mirrored, request.trustKeys ?? []) },
    document: withHashes(toJson(tree), config.system),
    files: [
      ...(target.defaults === undefined ? [] : [target.defaults.file]),
      ...chain.map(({ file }) => file),
    ],
    positionOf: (path) => positionAt(tree, path),
  };
}

function checkWhole(tree: LocatedMap): void {
  const schema = schemaNamed('template');
  throwProblems(checkSchema(tree, schema));
  throwProblems(checkUnsupported(tree));
  const imageType = valueAt(tree, ['target', 'imageType']);
  const isInitramfs = imageType?.kind === 'scalar' && imageType.value === 'img';
  const { complete = {}, completeInitramfs = {} } = schema.$defs ?? {};
  throwProblems(checkSchema(tree, isInitramfs ? completeInitramfs : complete));
}

function imageConfig(document: TemplateDocument, target: TargetData, report: Report): ImageConfig {
  const isInitramfs = document.target.imageType === 'img';
  const disk = isInitramfs ? NO_DISK : withSwapFiles(diskConfig(document, report), document, report);
  const system = systemConfig(document, isInitramfs ? { ...target, uki: false } : target, report);
  if (isInitramfs) checkInitramfs(document, report);
  else checkBoot(system, disk, report);
  return {
    metadata: {
      description: document.metadata?.description ?? '',
      useCases: document.metadata?.use_cases ?? [],
      keywords: document.metadata?.keywords ?? [],
    },
    image: document.image,
    target: targetConfig(document.target, { data: target, disk }, report),
    disk,
    system: isInitramfs
      ? system
      : withPackages(withBootPackages(system, target, report), growthPackages(disk, target, report)),
    repositories: repositoriesConfig(document, target, report),
  };
}

function targetConfig(
  asked: TemplateDocument['target'],
  { data: target, disk }: { readonly data: TargetData; readonly disk: DiskConfig },
  report: Report,
): Target {
  const packageArchitecture = target.architectures[asked.arch];
  if (packageArchitecture === undefined) {
    report.add(['target', 'arch'], `${target.title} is not offered for ${asked.arch}`, {
      code: 'TEMPLATE_UNSUPPORTED',
      hint: `it is for ${Object.keys(target.architectures).join(', ')}`,
    });
  }
  return {
    os: asked.os,
    dist: asked.dist,
    family: target.family,
    arch: asked.arch,
    packageArchitecture: packageArchitecture ?? '',
    imageType: asked.imageType,
    osReleaseId: target.osRelease.id,
    chrootPackages: [
      ...(target.chrootPackages ?? []),
      ...(target.chrootPackagesByArchitecture?.[asked.arch] ?? []),
      ...fileSystemPackages(disk, target, report),
    ],
  };
}

/** The programs that make the file systems of the disk, and those that are artifacts. */
function fileSystemPackages(disk: DiskConfig, target: TargetData, report: Report): string[] {
  const disks = [disk, ...(disk.additionalDisks ?? [])];
  const partitions = disks.flatMap((one, place) =>
    one.partitions.flatMap(({ id, fsType }, index) => {
      if (!SPECIAL_FILE_SYSTEMS.has(fsType)) return [];
      const packages = target.fileSystemPackages?.[fsType];
      if (packages === undefined) {
        const path = place === 0 ? ['disk'] : ['disk', 'additionalDisks', place - 1];
        report.add(
          [...path, 'partitions', index, 'fsType'],
          `${target.title} has no programs that make ${fsType}, which partition "${id}" asks for`,
          { code: 'TEMPLATE_UNSUPPORTED', hint: 'write fsType: ext4' },
        );
      }
      return packages ?? [];
    }),
  );
  const artifacts = disk.artifacts.flatMap(({ type }, index) => {
    if (type !== 'squashfs' && type !== 'erofs') return [];
    const packages = target.fileSystemPackages?.[type];
    if (packages === undefined) {
      report.add(
        ['disk', 'artifacts', index, 'type'],
        `${target.title} has no programs that make the artifact ${type}`,
        { code: 'TEMPLATE_UNSUPPORTED', hint: 'write type: tar, which needs none' },
      );
    }
    return packages ?? [];
  });
  return [...new Set([...partitions, ...artifacts])];
}

/** What an image needs whose partition grows. */
function growthPackages(disk: DiskConfig, target: TargetData, report: Report): readonly string[] {
  if (!disk.partitions.some(({ grows }) => grows === true)) return [];
  if (target.growthPackages === undefined) {
    report.add(
      ['disk', 'extendLastPartitionToFillDisk'],
      `${target.title} is not known to bring systemd-repart, which extends partitions at the first boot`,
      { code: 'TEMPLATE_UNSUPPORTED', hint: 'leave it out: the last partition takes the rest of the image' },
    );
  }
  return target.growthPackages ?? [];
}

function withPackages(system: SystemConfig, more: readonly string[]): SystemConfig {
  return { ...system, packages: [...new Set([...system.packages, ...more])] };
}

/** The boot loader's own packages, which keep it up to date in the installed system, unless the template excludes them. */
function withBootPackages(system: SystemConfig, target: TargetData, report: Report): SystemConfig {
  const { provider, shim } = system.bootloader;
  const more = [
    ...(target.bootloaderPackages?.[provider] ?? []),
    ...(shim ? shimPackages(target, report) : []),
  ];
  const wanted = more.filter((name) => !system.excludePackages.includes(name));
  return withPackages(system, wanted);
}

function shimPackages(target: TargetData, report: Report): readonly string[] {
  const packages = target.bootloaderPackages?.shim;
  if (packages === undefined) {
    report.add(
      ['systemConfig', 'bootloader', 'shim'],
      `no package of ${target.title} that is known here has a signed shim for its GRUB`,
      { code: 'TEMPLATE_UNSUPPORTED', hint: 'leave shim out; Secure Boot must then be off' },
    );
  }
  return packages ?? [];
}

/** Whether the files that the template names are there. */
async function checkFiles(document: TemplateDocument, report: Report, io: ConfigIo): Promise<void> {
  const named: { path: Path; file: string; folders: boolean }[] = [];
  const { splash } = document.systemConfig.kernel ?? {};
  if (splash !== undefined) {
    const path = ['systemConfig', 'kernel', 'splash'];
    named.push({ path, file: splash, folders: false });
    if ((await io.kindOf(splash)) === 'file') {
      const problem = bitmapProblem(await io.readStart(splash, BITMAP_HEADER_BYTES));
      if (problem !== undefined)
        report.add(path, `${splash} cannot be shown while the image starts: ${problem}`, {
          hint: 'give a BMP file without compression, as ImageMagick\'s "convert picture.png BMP3:splash.bmp" writes it',
        });
    }
  }
  document.systemConfig.additionalFiles?.forEach(({ local }, index) => {
    named.push({ path: ['systemConfig', 'additionalFiles', index, 'local'], file: local, folders: true });
  });
  for (const [key, file] of Object.entries(document.systemConfig.cloudInit ?? {})) {
    named.push({ path: ['systemConfig', 'cloudInit', key], file, folders: false });
  }
  for (const [point, hooks] of Object.entries(document.systemConfig.hooks ?? {})) {
    hooks.forEach(({ script }, index) => {
      const path = ['systemConfig', 'hooks', point, index, 'script'];
      if (script !== undefined) named.push({ path, file: script, folders: false });
    });
  }
  document.packageRepositories?.forEach(({ pkey, pkeys }, index) => {
    const path = ['packageRepositories', index];
    if (pkey !== undefined) named.push({ path: [...path, 'pkey'], file: pkey, folders: false });
    pkeys?.forEach((file, place) => {
      named.push({ path: [...path, 'pkeys', place], file, folders: false });
    });
  });
  for (const { path, file, folders } of named) {
    if (!isAbsolute(file)) continue;
    const kind = await io.kindOf(file);
    if (kind === 'file' || (kind === 'folder' && folders)) continue;
    report.add(
      path,
      kind === undefined ? `there is no file ${file}` : `${file} is a folder, a file is wanted`,
      {
        code: 'TEMPLATE_NOT_FOUND',
        hint: 'a relative path counts from the folder of the file that it stands in',
      },
    );
  }
}

function withHashes(document: JsonObject, system: SystemConfig): JsonObject {
  const { systemConfig: before } = document as { systemConfig: JsonObject };
  const { users } = before as { users?: readonly JsonObject[] };
  if (users === undefined) return document;
  const hashed = users.map((user, index): JsonObject => {
    const hash = system.users[index]?.passwordHash;
    return hash === undefined ? user : { ...user, password: hash };
  });
  return { ...document, systemConfig: { ...before, users: hashed } };
}
