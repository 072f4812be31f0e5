import { readFile } from 'node:fs/promises';
import type { ManifestDisk } from '@ic/toolchain';
import type { Composer, IcOptions } from './composer.js';

/** What tests read of a manifest; `manifest.schema.json` describes all of it. */
export interface BuiltManifest {
  readonly disk: ManifestDisk;
  readonly packages: readonly {
    readonly name: string;
    readonly version: string;
    readonly architecture: string;
  }[];
  readonly repositories: readonly {
    readonly name: string;
    readonly trust: string;
    readonly keys: readonly string[];
  }[];
  readonly artifacts: readonly { readonly file: string; readonly sha256: string }[];
}

export interface BuiltImage {
  /** Absolute path of the first disk's raw image, which may be compressed. */
  readonly image: string;
  readonly manifest: BuiltManifest;
}

export interface BuildImageOptions extends IcOptions {
  /** Further arguments of `ic build`. */
  readonly args?: readonly string[] | undefined;
  /** Default the composer's. */
  readonly cacheDir?: string | undefined;
}

/** Builds a template's raw images, one for each disk, into `outputDir`; a build that fails is an error with all that it said. */
export async function buildImage(
  composer: Composer,
  template: string,
  outputDir: string,
  options: BuildImageOptions = {},
): Promise<BuiltImage> {
  const { args = [], cacheDir = composer.cacheDir, ...how } = options;
  const folders = ['--output-dir', outputDir, '--cache-dir', cacheDir];
  const all = ['build', template, ...folders, ...composer.mirrorArguments, ...args];
  const { status, stdout, stderr } = await composer.ic(all, how);
  if (status !== 0) throw new Error(`ic ${all.join(' ')} ended with status ${status}:\n${stdout}${stderr}`);
  const [image = ''] = stdout.trim().split('\n');
  const manifest = await readFile(image.replace(/\.raw(?:\.\w+)?$/, '.manifest.json'), 'utf8');
  return { image, manifest: JSON.parse(manifest) as BuiltManifest };
}
