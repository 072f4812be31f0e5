import { rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { JsonValue } from '@ic/toolchain';
import { type Context, moveFileAtomic, writeFileAtomic } from '@ic/utils';
import type { Artifact, ComposeResult } from './api.js';

export interface Finished {
  /** Files in the build's folder. */
  readonly artifacts: readonly Artifact[];
  readonly manifest: JsonValue;
  /** What the manifest is called after. */
  readonly name: string;
}

/**
 * Moves finished files into the output folder, the manifest last: where it is, all of them are. When one cannot be
 * moved, none is left there.
 *
 * @throws UtilsError DISK_FULL
 */
export async function publish(
  { artifacts, manifest, name }: Finished,
  outputDir: string,
  context: Context,
): Promise<ComposeResult> {
  const manifestPath = join(outputDir, `${name}.manifest.json`);
  const published: Artifact[] = [];
  await rm(manifestPath, { force: true });
  try {
    for (const artifact of artifacts) {
      const path = join(outputDir, basename(artifact.path));
      await moveFileAtomic(artifact.path, path);
      published.push({ ...artifact, path });
    }
    await writeFileAtomic(manifestPath, `${JSON.stringify(manifest, null, 2)}\n`);
  } catch (error) {
    for (const { path } of published) await rm(path, { force: true });
    throw error;
  }
  for (const artifact of published) context.events({ type: 'artifact', ...artifact });
  return { artifacts: published, manifest: manifestPath };
}
