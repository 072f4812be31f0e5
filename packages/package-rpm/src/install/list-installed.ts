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
