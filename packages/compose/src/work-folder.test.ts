import { execFileSync, spawn } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { defaultContext } from '@ic/utils';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openWorkFolder } from './work-folder.js';

let parent: string;
let said: string[];
beforeEach(() => {
  parent = join(mkdtempSync(join(tmpdir(), 'ic-work-')), 'work');
  said = [];
});
afterEach(() => rmSync(join(parent, '..'), { recursive: true, force: true }));

const say = (message: string) => said.push(message);
const open = () =>
  openWorkFolder(
    parent,
    'root',
    defaultContext({ logger: { ...defaultContext().logger, info: say, warn: say } }),
  );

/** The name of this process's folders in parts: build, place, process id, start time, random. */
async function parts(): Promise<string[]> {
  const { path, remove } = await open();
  await remove();
  return basename(path).split('-');
}
function plant(name: string): string {
  const path = join(parent, name);
  mkdirSync(join(path, 'trees/rootfs'), { recursive: true });
  writeFileSync(join(path, 'trees/rootfs/file'), '');
  return path;
}

it('is new each time, for its user alone, and goes with what is in it', async () => {
  const [first, second] = [await open(), await open()];
  expect(first.path).not.toBe(second.path);
  expect(readdirSync(parent).sort()).toEqual([basename(first.path), basename(second.path)].sort());
  expect(statSync(first.path).mode & 0o777).toBe(0o700);
  mkdirSync(join(first.path, 'a/b'), { recursive: true });
  await first.remove();
  expect(existsSync(first.path)).toBe(false);
  expect(existsSync(second.path)).toBe(true);
  await first.remove();
});

describe('what is already there', () => {
  it('of a process that is gone is removed, and said', async () => {
    const [build, place] = await parts();
    const child = spawn('true');
    await new Promise((resolve) => child.once('close', resolve));
    const dead = plant(`${build}-${place}-${child.pid}-1-00`);
    await open();
    expect(existsSync(dead)).toBe(false);
    expect(said).toEqual([`removing ${basename(dead)}, left by a build that was killed`]);
  });

  it('of a process whose id another one has now is removed', async () => {
    const [build, place, pid, start] = await parts();
    const dead = plant(`${build}-${place}-${pid}-${Number(start) - 1}-00`);
    await open();
    expect(existsSync(dead)).toBe(false);
  });

  it('of a living process is kept', async () => {
    const { path } = await open();
    await open();
    expect(existsSync(path)).toBe(true);
    expect(said).toEqual([]);
  });

  it('of another machine or container is kept for two days', async () => {
    const [build, , pid] = await parts();
    const young = plant(`${build}-0123abcd-${pid}-1-00`);
    const old = plant(`${build}-0123abcd-${pid}-2-00`);
    const days = (count: number) => Date.now() / 1000 - count * 86_400;
    utimesSync(young, days(1.9), days(1.9));
    utimesSync(old, days(2.1), days(2.1));
    await open();
    expect(existsSync(young)).toBe(true);
    expect(existsSync(old)).toBe(false);
  });

  it.each(['mine', 'build-me', 'build-zz-1-1-00', 'build-01-1-1'])(
    'and not a build’s, as %s, is kept',
    async (name) => {
      const path = plant(name);
      await open();
      expect(existsSync(path)).toBe(true);
    },
  );

  it.skipIf(process.getuid?.() !== 0)(
    'and cannot be removed is said, and no reason not to build (as root)',
    async () => {
      const [build, place] = await parts();
      const dead = plant(`${build}-${place}-999999999-1-00`);
      execFileSync('mount', ['-t', 'tmpfs', 'none', dead]);
      try {
        expect(existsSync((await open()).path)).toBe(true);
        expect(said.at(-1)).toContain(`${basename(dead)} in ${parent} could not be removed`);
      } finally {
        execFileSync('umount', [dead]);
      }
    },
  );
});
