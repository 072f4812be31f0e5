import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { RootTree } from '@ic/package-core';
import { type RpmInTools, runRpm } from './rpm-in-tools.js';

/** Keys that rpm has imported are listed as packages without an architecture. */
const PUBLIC_KEY = 'gpg-pubkey';

/** The installed packages as name-[epoch:]version-release.architecture. Errors are those of `exec`. */
export async function listInstalled(rpm: RpmInTools): Promise<string[]> {
  const format = '%{NAME} %{NEVRA}\\n';
  const { stdout } = await runRpm(rpm, ['--query', '--all', '--queryformat', format]);
  return stdout.split('\n').flatMap((line) => {
    const [name, nevra] = line.split(' ');
    return nevra === undefined || name === PUBLIC_KEY ? [] : [nevra];
  });
}

/**
 * Removes what SQLite leaves beside the database: rpm opens it in the root and closes it outside, where SQLite
 * no longer finds its own files. The log is empty then, as rpm writes it back itself.
 */
export async function dropWriteAheadLog(rpm: RpmInTools): Promise<void> {
  const { stdout } = await rpm.tools.run('rpm', ['--eval', '%{_dbpath}']);
  const tree = new RootTree(rpm.root);
  const folder = tree.host(tree.locate(stdout.trim().slice(1)));
  for (const log of readdirSync(folder).filter((name) => name.endsWith('-wal'))) {
    if (statSync(join(folder, log)).size > 0) continue;
    rmSync(join(folder, log));
    rmSync(join(folder, log.replace(/-wal$/, '-shm')), { force: true });
  }
}
