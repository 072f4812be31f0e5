// npm run bench [-- NAME…]: sets everything up and runs packages/*/bench/NAME.mjs, or all of them, one after another.
import { existsSync, readdirSync } from 'node:fs';
import { setUp } from './set-up.mjs';
import { command, root, runNode, Stop } from './workspace.mjs';

const names = process.argv.slice(2);

function findBenchmarks() {
  return readdirSync(`${root}packages`).flatMap((name) => {
    const folder = `packages/${name}/bench`;
    if (!existsSync(`${root}${folder}`)) return [];
    return readdirSync(`${root}${folder}`)
      .filter((file) => file.endsWith('.mjs'))
      .filter((file) => names.length === 0 || names.includes(file.slice(0, -'.mjs'.length)))
      .map((file) => `${folder}/${file}`);
  });
}

await command(async () => {
  const benchmarks = findBenchmarks();
  if (benchmarks.length === 0) throw new Stop(`error: there is no benchmark ${names.join(' or ')}`);
  await setUp({ purposes: ['build', 'boot', 'test', 'bench'] });
  let worst = 0;
  for (const path of benchmarks) {
    console.log(`${path}:`);
    worst = Math.max(worst, await runNode(path, [], { env: process.env }));
  }
  return worst;
});
