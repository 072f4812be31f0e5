// Asks publint about every package of the workspace: would somebody who installs it get what its package.json says?
import { readdirSync, readFileSync } from 'node:fs';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { root } from './workspace.mjs';

await Promise.all(readdirSync(`${root}packages`).map(check));

/** @param {string} name */
async function check(name) {
  const folder = `${root}packages/${name}`;
  const manifest = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
  const { messages } = await publint({ pkgDir: folder, level: 'suggestion', strict: true, pack: 'npm' });
  for (const message of messages) {
    console.error(`${manifest.name}: ${formatMessage(message, manifest, { color: false })}`);
    process.exitCode = 1;
  }
}
