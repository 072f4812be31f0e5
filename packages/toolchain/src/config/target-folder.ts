import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { MirrorSource, PackageFamily } from '@ic/package-core';
import { nearest } from '@ic/utils';
import {
  keyPositionAt,
  type Located,
  type LocatedMap,
  positionAt,
  toJson,
  valueAt,
  withoutNulls,
} from '../configparse/located.js';
import type { Position } from '../configparse/position.js';
import { readYaml } from '../configparse/read-yaml.js';
import { checkSchema } from '../configverify/check-schema.js';
import type { FileSystemType } from './image-config.js';
import type { ConfigIo } from './loaded-config.js';
import { type Problem, problemsError, throwProblems } from './problem.js';
import { readTemplate } from './read-chain.js';
import { schemaNamed } from './template-schema.js';

/** `target.yml`, as `schema/target.schema.json` describes it. */
export interface TargetData {
  readonly title: string;
  readonly family: PackageFamily;
  readonly osRelease: { readonly id: string };
  readonly architectures: Readonly<Partial<Record<'x86_64' | 'aarch64', string>>>;
  readonly repositories: readonly TargetRepository[];
  readonly chrootPackages?: readonly string[];
  readonly chrootPackagesByArchitecture?: Readonly<Partial<Record<'x86_64' | 'aarch64', readonly string[]>>>;
  /** By file system: tools that only images with such a partition need. */
  readonly fileSystemPackages?: Readonly<Partial<Record<FileSystemType, readonly string[]>>>;
  /** What brings systemd-repart into the image; undefined where a target has none. */
  readonly growthPackages?: readonly string[];
  /** What `systemConfig.kernel.uki` is with systemd-boot where the template does not say it. */
  readonly uki?: boolean;
  readonly bootloaderPackages?: Readonly<
    Partial<Record<'systemd-boot' | 'grub' | 'shim', readonly string[]>>
  >;
}

export interface TargetRepository {
  readonly name: string;
  /** Left out where `mirrorSource` tells it. */
  readonly url?: string;
  readonly mirrorSource?: MirrorSource;
  readonly hostMirror?: boolean;
  readonly suites?: readonly string[];
  readonly components?: readonly string[];
  readonly keySources: readonly string[];
  readonly fingerprints?: readonly string[];
  readonly signedIndex?: boolean;
  readonly weakDigests?: boolean;
  readonly priority?: number;
}

/** A target, found and read. */
export interface TargetFolder {
  readonly folder: string;
  readonly data: TargetData;
  /** The default template of the image type; undefined where the target has none. */
  readonly defaults: { readonly file: string; readonly tree: LocatedMap } | undefined;
}

/** Where the targets of this package are. */
export const SHIPPED_TARGETS: string = fileURLToPath(new URL('../../os', import.meta.url));

/**
 * Finds the target that a template names and reads its data and its defaults. `folders` are searched in order.
 *
 * @throws ToolchainError TARGET_UNKNOWN (names those that there are), TARGET_INVALID, and as `readChain` for the defaults
 */
export async function findTarget(
  template: LocatedMap,
  folders: readonly string[],
  io: ConfigIo,
): Promise<TargetFolder> {
  const [os, dist, imageType] = ['os', 'dist', 'imageType'].map((key) => textAt(template, ['target', key]));
  if (os === undefined || dist === undefined) {
    throw problemsError([
      {
        code: 'TEMPLATE_INVALID',
        at: positionAt(template, ['target']),
        message: 'the template names no target: "target.os" and "target.dist" are missing',
        hint: 'write target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }',
      },
    ]);
  }
  for (const root of folders) {
    const folder = join(root, os, dist);
    const file = join(folder, 'target.yml');
    if ((await io.kindOf(file)) !== 'file') continue;
    const defaults = join(folder, 'defaults', `${imageType}.yml`);
    const hasDefaults = imageType !== undefined && (await io.kindOf(defaults)) === 'file';
    return {
      folder,
      data: await readTarget(file, io),
      defaults: hasDefaults
        ? { file: defaults, tree: (await readTemplate(defaults, undefined, io)).tree }
        : undefined,
    };
  }
  throw await unknownTarget(template, `${os}/${dist}`, { folders, io });
}

async function readTarget(file: string, io: ConfigIo): Promise<TargetData> {
  const tree = readYaml(await io.readFile(file), file);
  throwProblems(checkSchema(tree, schemaNamed('target'), 'TARGET_INVALID'));
  throwProblems(checkRepositories(tree));
  // checkSchema has just proven the shape.
  const data = toJson(withoutNulls(tree)) as unknown as TargetData;
  return {
    ...data,
    repositories: data.repositories.map((repository) => ({
      ...repository,
      keySources: repository.keySources.map((source) => keySource(source, dirname(file))),
    })),
  };
}

/** Keys of a repository that the other family alone knows. */
const FOREIGN = { deb: ['mirrorSource'], rpm: ['suites', 'components'] } as const;

/** What the schema cannot say: a repository lies somewhere, and has the keys of its family. */
function checkRepositories(tree: Located): Problem[] {
  const family = valueAt(tree, ['family']);
  const foreign = FOREIGN[family?.kind === 'scalar' && family.value === 'rpm' ? 'rpm' : 'deb'];
  const list = valueAt(tree, ['repositories']);
  return (list?.kind === 'list' ? list.items : []).flatMap((item, index): Problem[] => {
    const complain = (at: Position, message: string): Problem => ({ code: 'TARGET_INVALID', at, message });
    const isPlaced = ['url', 'mirrorSource'].some((key) => valueAt(item, [key]) !== undefined);
    return [
      ...(isPlaced ? [] : [complain(item.at, `repositories[${index}] lacks the key "url"`)]),
      ...foreign
        .filter((key) => valueAt(item, [key]) !== undefined)
        .map((key) =>
          complain(
            keyPositionAt(item, [key]),
            `repositories[${index}].${key} is not for repositories of this family`,
          ),
        ),
    ];
  });
}

function keySource(source: string, folder: string): string {
  return /^([a-z]+:\/\/|\/)/.test(source) ? source : join(folder, source);
}

async function unknownTarget(
  template: LocatedMap,
  name: string,
  where: { folders: readonly string[]; io: ConfigIo },
) {
  const known = new Set<string>();
  for (const root of where.folders) {
    for (const os of await where.io.list(root)) {
      for (const dist of await where.io.list(join(root, os))) {
        if ((await where.io.kindOf(join(root, os, dist, 'target.yml'))) === 'file')
          known.add(`${os}/${dist}`);
      }
    }
  }
  const [near] = nearest(name, known);
  return problemsError([
    {
      code: 'TARGET_UNKNOWN',
      at: positionAt(template, ['target', 'dist']),
      message: `there is no target ${name}${near === undefined ? '' : `; did you mean ${near}?`}`,
      hint: `known (os/dist): ${[...known].sort().join(', ')}; more are searched in the folders of targetFolders`,
    },
  ]);
}

function textAt(template: LocatedMap, path: readonly string[]): string | undefined {
  const node = valueAt(template, path);
  return node?.kind === 'scalar' && typeof node.value === 'string' ? node.value : undefined;
}
