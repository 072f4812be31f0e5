import { HOST_PACKAGES, missingHostPackages } from '@ic/toolchain';

/**
 * What this machine lacks of a build's needs and of the named host packages (Debian's names), as the end of a test's
 * title: empty when nothing is lacking. For tests that are then skipped, and say so.
 *
 * @throws Error for a name that `npm test` does not install
 */
export async function lackingPackages(names: readonly string[]): Promise<string> {
  const installed = HOST_PACKAGES.filter(
    ({ purposes }) => purposes.includes('test') || purposes.includes('build'),
  );
  const foreign = names.filter((name) => !installed.some(({ names: { apt } }) => apt === name));
  if (foreign.length > 0) throw new Error(`not a host package of tests: ${foreign.join(', ')}`);
  const missing = await missingHostPackages(['build', 'test']);
  const lacking = missing.filter(
    ({ names: { apt }, purposes }) => purposes.includes('build') || names.includes(apt),
  );
  const list = lacking.map(({ names: { apt } }) => apt).join(', ');
  return list === '' ? '' : ` (skipped: this machine lacks ${list})`;
}
