import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { PackageRef } from '@ic/package-core';
import { type ImageConfig, loadConfig } from '@ic/toolchain';
import { sha256 } from '@ic/utils';
import { indexAptArchive } from './apt-archive.js';
import { buildStub, rebuildDeb } from './build-deb.js';
import { type Composer, testCacheFolder } from './composer.js';
import { type DebianPackages, withDebianPackages } from './debian-packages.js';
import { signingKey } from './signing-key.js';

/** To be raised when the repository is made in another way. */
const FORMAT = 2;
/** What eLxr has and Debian has not. */
const ELXR_ONLY: ReadonlySet<string> = new Set(['elxr-archive-keyring', 'uefi-ext4']);
const OS_RELEASE = `PRETTY_NAME="eLxr 12 (aria)"
NAME="eLxr"
VERSION_ID="12"
VERSION="12 (aria)"
VERSION_CODENAME=aria
ID=elxr
ID_LIKE=debian
HOME_URL="https://elxr.org/"
`;

export interface ElxrRepository {
  /** Of the test key that signs it. */
  readonly fingerprint: string;
  /** `--mirror elxr=…` that leads to it; the key is still to be trusted. */
  readonly mirrorArguments: readonly string[];
}

/**
 * The stand-in for eLxr's repository, which tests cannot reach: the packages of Debian 12 that the shipped defaults of
 * elxr12 and its chroot environment need, stubs of what only eLxr has, and a base-files that says `ID=elxr`; signed
 * with a test key and laid out as `target.yml` expects. Made the first time and when Debian's packages have changed;
 * the loopback mirror serves it as the archive `elxr`.
 */
export async function elxrRepository(composer: Composer): Promise<ElxrRepository> {
  const folder = composer.mirror.folder('elxr');
  const key = await signingKey(join(testCacheFolder(), 'elxr-gnupg'), 'eLxr stand-in <tests@localhost>');
  const { config } = await loadConfig({ template: example('elxr-12/default-raw.yml') });
  await withDebianPackages('debian-12/minimal-raw.yml', composer, async (debian) => {
    const chosen = await chooseFrom(debian, config);
    const stamp = sha256([FORMAT, key.fingerprint, ...chosen.map((pkg) => pkg.sha256)].join('\n'));
    const made = await readFile(join(folder, 'stamp'), 'utf8').catch(() => undefined);
    if (made === stamp) return;
    const partial = `${folder}.${process.pid}.partial`;
    const pool = (component: string, file: string) => join(partial, 'pool', component, file);
    try {
      await mkdir(pool('main', ''), { recursive: true });
      await mkdir(pool('non-free-firmware', ''), { recursive: true });
      for (const { location, name, path } of await debian.fetch(chosen)) {
        const file = pool('main', basename(location));
        if (name === 'base-files') await rebuildDeb(path, file, elxrBaseFiles);
        else await copyFile(path, file);
      }
      await key.exportPublic(join(partial, 'public.gpg'), 'armor');
      const keyring = join(partial, 'keyring');
      await key.exportPublic(keyring, 'binary');
      await buildStub(
        {
          name: 'elxr-archive-keyring',
          version: '2024.1',
          files: { [await keyringPath(config)]: await readFile(keyring) },
        },
        pool('main', 'elxr-archive-keyring_2024.1_all.deb'),
      );
      await rm(keyring);
      // In the second component, so that a build needs both.
      await buildStub(
        { name: 'uefi-ext4', version: '1.0', files: { '/usr/share/doc/uefi-ext4/README': 'A stand-in.\n' } },
        pool('non-free-firmware', 'uefi-ext4_1.0_all.deb'),
      );
      await indexAptArchive(partial, {
        origin: 'eLxr',
        suite: 'aria',
        components: ['main', 'non-free-firmware'],
        architecture: config.target.packageArchitecture,
        key,
      });
      await writeFile(join(partial, 'stamp'), stamp);
      await rm(folder, { recursive: true, force: true });
      await rename(partial, folder);
    } finally {
      await rm(partial, { recursive: true, force: true });
    }
  });
  return {
    fingerprint: key.fingerprint,
    mirrorArguments: ['--mirror', `elxr=${composer.mirror.url('elxr')}`],
  };
}

const elxrBaseFiles = { versionSuffix: '+elxr1', replace: { 'usr/lib/os-release': OS_RELEASE } };

/** Debian's packages for an eLxr image and its tools. */
async function chooseFrom(debian: DebianPackages, { system, target }: ImageConfig): Promise<PackageRef[]> {
  const image = [...system.packages, ...system.kernel.packages];
  // Each set is solved by itself: the image's dracut and the initramfs-tools of another package exclude each other.
  const sets = [image, target.chrootPackages].map((packages) =>
    debian.resolve(
      packages.filter((name) => !ELXR_ONLY.has(name)),
      'required',
    ),
  );
  const chosen = (await Promise.all(sets)).flat();
  const unique = [...new Map(chosen.map((pkg) => [pkg.sha256, pkg])).values()];
  return unique.sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

/** Where the sources file of the shipped defaults has apt look for the key. */
async function keyringPath({ system }: ImageConfig): Promise<string> {
  const sources = system.additionalFiles.find(({ final }) => final.endsWith('.sources'));
  const text = sources === undefined ? '' : await readFile(sources.local, 'utf8');
  const path = /^Signed-By: (\/\S+)$/m.exec(text)?.[1];
  if (path === undefined) throw new Error('the defaults of elxr12 have no sources file with Signed-By');
  return path;
}

function example(name: string): string {
  return fileURLToPath(new URL(`../../../examples/${name}`, import.meta.url));
}
