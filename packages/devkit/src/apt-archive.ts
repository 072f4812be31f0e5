import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { $ } from 'zx';
import type { SigningKey } from './signing-key.js';

export interface AptArchiveOptions {
  readonly origin: string;
  /** Suite and codename at once. */
  readonly suite: string;
  readonly components: readonly string[];
  /** dpkg's word. */
  readonly architecture: string;
  readonly key: SigningKey;
}

/** Makes the indexes of the packages below `<folder>/pool/<component>` with apt-ftparchive, and signs them. */
export async function indexAptArchive(folder: string, options: AptArchiveOptions): Promise<void> {
  const { suite, components, architecture, key } = options;
  const quiet = $({ quiet: true, cwd: folder });
  const suiteFolder = join(folder, 'dists', suite);
  for (const component of components) {
    const { stdout } = await quiet`apt-ftparchive packages ${`pool/${component}`}`;
    const listFolder = join(suiteFolder, component, `binary-${architecture}`);
    await mkdir(listFolder, { recursive: true });
    await writeFile(join(listFolder, 'Packages'), stdout);
    await writeFile(join(listFolder, 'Packages.gz'), gzipSync(stdout));
  }
  const fields = {
    Origin: options.origin,
    Label: options.origin,
    Suite: suite,
    Codename: suite,
    Architectures: architecture,
    Components: components.join(' '),
  };
  const settings = Object.entries(fields).flatMap(([name, value]) => [
    '-o',
    `APT::FTPArchive::Release::${name}=${value}`,
  ]);
  const { stdout: release } = await quiet`apt-ftparchive ${settings} release ${`dists/${suite}`}`;
  await writeFile(join(suiteFolder, 'Release'), release);
  await key.detachSign(release, join(suiteFolder, 'Release.gpg'));
  await key.clearSign(release, join(suiteFolder, 'InRelease'));
}
