import { writeFileSync } from 'node:fs';
import { RootTree, readFetched } from '@ic/package-core';
import { FILE_TYPE } from '../rpmfile/files.js';
import { readPayload, readPayloadFiles } from '../rpmfile/payload.js';
import { readRpm } from '../rpmfile/rpm-file.js';
import type { LoadedPackage } from './load.js';

const TABLES = ['/etc/passwd', '/etc/group'];

/**
 * Writes /etc/passwd and /etc/group as their package brings them, before rpm begins. rpm looks up the owners of all
 * files of a package before it unpacks the first: those of the package that brings the tables, such as
 * /var/log/lastlog of group utmp, would go to root. What it then finds there is what it would write.
 *
 * @throws PackageError HASH_MISMATCH, PACKAGE_INVALID; UtilsError CANCELLED
 */
export async function placeAccountTables(
  root: string,
  packages: readonly LoadedPackage[],
  signal: AbortSignal,
): Promise<void> {
  const tree = new RootTree(root);
  for (const { fetched, files } of packages) {
    if (!files.some(({ path }) => TABLES.includes(path))) continue;
    const rpm = readRpm(await readFetched(fetched), { subject: fetched.name });
    for (const { file, data } of readPayloadFiles(rpm, await readPayload(rpm, { signal }))) {
      if (!TABLES.includes(file.path) || (file.mode & FILE_TYPE.mask) !== FILE_TYPE.file) continue;
      writeFileSync(tree.host(tree.locate(file.path.slice(1))), data, { mode: 0o644 });
    }
  }
}
