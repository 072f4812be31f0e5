// npm run check: everything that can be said about the sources without running them. Shows all that is wrong at once.
import { setUp } from './set-up.mjs';
import { command, runNode } from './workspace.mjs';

/** Tasks of turbo.json; their commands are scripts of the root package.json. */
const TASKS = ['lint', 'types', 'layers', 'dead-code', 'exports'];

await command(async () => {
  await setUp({ compile: false });
  const tasks = ['build', ...TASKS.map((name) => `check:${name}`)].map((name) => `//#${name}`);
  return runNode('node_modules/turbo/bin/turbo', [
    ...['run', ...tasks, '--continue=always', '--output-logs=errors-only', '--log-order=grouped'],
  ]);
});
