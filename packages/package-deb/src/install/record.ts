import {
  ADMIN_DIRECTORY,
  type ControlFile,
  databaseName,
  parseInterests,
  statusParagraph,
  type TriggerInterest,
  writeInfo,
  writeInterests,
  writeList,
} from './database.js';
import { type LoadedPackage, textOf } from './load.js';
import { md5sumsOf } from './md5sums.js';
import { writeInRoot } from './root-files.js';
import type { Unpacker } from './unpack.js';

/** What dpkg's database is told of packages while they are unpacked. */
export interface InstallRecord {
  /** To be called for each package right after it was unpacked. */
  add(pkg: LoadedPackage, data: Uint8Array): void;
  /** Enters a wave of packages, each unpacked and not configured; earlier ones lose the files it has replaced. */
  write(wave: readonly LoadedPackage[]): void;
}

export function createRecord(root: string, unpacker: Unpacker): InstallRecord {
  const md5sums = new Map<LoadedPackage, ControlFile>();
  /** Entries of each list as it is on disk; files are only ever taken from a list. */
  const written = new Map<LoadedPackage, number>();
  return {
    add(pkg, data) {
      if (pkg.controlFiles.some((file) => file.name === 'md5sums')) return;
      const list = unpacker.lists.get(pkg) ?? [];
      const text = md5sumsOf({ data, list });
      md5sums.set(pkg, { name: 'md5sums', mode: 0o644, data: Buffer.from(text) });
    },
    write(wave) {
      const status = [...wave]
        .sort((a, b) => (databaseName(a) < databaseName(b) ? -1 : 1))
        .map((pkg) => statusParagraph({ ...pkg, list: unpacker.lists.get(pkg) ?? [] }));
      writeInRoot(root, `${ADMIN_DIRECTORY}/status`, status.join(''), { append: true });
      for (const [pkg, entries] of written) {
        const list = unpacker.lists.get(pkg) ?? [];
        if (list.length !== entries) writeList(root, { ...pkg, list });
      }
      for (const pkg of wave) {
        const list = unpacker.lists.get(pkg) ?? [];
        const made = md5sums.get(pkg);
        const controlFiles = made === undefined ? pkg.controlFiles : [...pkg.controlFiles, made];
        writeInfo(root, { ...pkg, controlFiles, list });
        written.set(pkg, list.length);
      }
      writeInterests(root, interestsOf(wave));
    },
  };
}

/** The triggers that packages of a wave wait for. */
export function interestsOf(wave: readonly LoadedPackage[]): TriggerInterest[] {
  return wave.flatMap((pkg) => parseInterests(textOf(pkg.controlFiles, 'triggers'), databaseName(pkg)));
}
