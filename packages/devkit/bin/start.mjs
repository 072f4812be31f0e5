// npm start [-- ARGS]: sets everything up and runs `ic ARGS`; without ARGS it builds the smallest example.
import { setUp } from './set-up.mjs';
import { command, runNode } from './workspace.mjs';

const args = process.argv.slice(2);

await command(async () => {
  await setUp({ purposes: ['build', 'boot'] });
  const asked = args.length > 0 ? args : ['build', 'examples/debian-12/minimal-raw.yml'];
  return runNode('packages/cli/bin/ic.js', asked, { env: process.env });
});
