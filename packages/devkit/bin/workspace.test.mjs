import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { root, run } from './workspace.mjs';

it('names one version of pnpm', () => {
  const { packageManager, devDependencies } = JSON.parse(readFileSync(`${root}package.json`, 'utf8'));
  expect(packageManager).toBe(`pnpm@${devDependencies.pnpm}`);
});

it.each([
  { args: ['-e', 'process.exit(3)'], status: 3 },
  { args: ['-e', 'process.kill(process.pid, "SIGKILL")'], status: 137 },
])('run $args gives $status', async ({ args, status }) => {
  expect(await run(process.execPath, args, { stdio: 'ignore' })).toBe(status);
});

it('hands on output when it is wanted', async () => {
  let output = '';
  await run(process.execPath, ['-e', 'console.log("out"); console.error("err")'], {
    onOutput: (text) => {
      output += text;
    },
  });
  expect(output.split('\n').sort()).toEqual(['', 'err', 'out']);
});
