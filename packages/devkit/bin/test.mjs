// npm test [-- --full] [-- NAME…]: sets everything up and runs every test, or those in files whose names match.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { countTests } from './count-tests.mjs';
import { setUp } from './set-up.mjs';
import { command, environment, runNode, stateFolder } from './workspace.mjs';

const args = process.argv.slice(2);
const full = args.includes('--full');
const filters = args.filter((arg) => arg !== '--full');

/**
 * Runs one project of vitest.config.ts. Projects follow one another: a boot test wants the machine for itself.
 *
 * @param {string} project
 */
async function runProject(project) {
  const report = `${stateFolder}/${project}-tests.json`;
  rmSync(report, { force: true });
  mkdirSync(stateFolder, { recursive: true });
  const status = await runNode(
    'node_modules/vitest/vitest.mjs',
    [
      ...['run', '--project', project, '--passWithNoTests'],
      ...['--reporter=default', '--reporter=json', `--outputFile.json=${report}`],
      ...filters,
    ],
    { env: { ...environment, ...(full ? { IC_TEST_FULL: '1' } : {}) } },
  );
  return countTests(readReport(report), status);
}

/** @param {string} path */
function readReport(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

await command(async () => {
  await setUp({ purposes: ['build', 'boot', 'test'] });
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const project of ['unit', 'fuzz', 'e2e']) {
    const count = await runProject(project);
    total.passed += count.passed;
    total.failed += count.failed;
    total.skipped += count.skipped;
  }
  const skipped = total.skipped === 0 ? '' : `, ${total.skipped} skipped`;
  console.log(`${total.passed} passed, ${total.failed} failed${skipped}`);
  return total.failed > 0 || total.passed === 0 ? 1 : 0;
});
