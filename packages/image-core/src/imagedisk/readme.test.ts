import { readFile, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { defaultContext, exec } from '@ic/utils';
import { expect, it } from 'vitest';
import { assembleDisk } from './assemble-disk.js';
import { exampleDisk, exampleTree, has, hostTools, temporaryFolders } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';

const temporary = temporaryFolders();

it.skipIf(!has('bwrap', 'mke2fs', 'mkfs.vfat', 'mcopy', 'sfdisk'))(
  'the example of the README works',
  async () => {
    const readme = await readFile(new URL('../../README.md', import.meta.url), 'utf8');
    const example = /```ts\n(import [^`]*assembleDisk[^`]*)```/
      .exec(readme)?.[1]
      ?.replace(/^import .*\n/gm, '');
    const [rootfs, work] = [await temporary(), await temporary()];
    await exampleTree(rootfs);
    const image = join(work, 'disk.raw');
    const names = {
      ...{ truncate, writeFile, assembleDisk, planDisk },
      ...{
        config: { disk: exampleDisk() },
        rootfs,
        image,
        tools: hostTools,
        work,
        epoch: 0,
        context: defaultContext(),
      },
    };
    const AsyncFunction = (async () => {}).constructor as FunctionConstructor;
    await new AsyncFunction(...Object.keys(names), example ?? '')(...Object.values(names));
    expect((await exec('sfdisk', ['--verify', image])).stdout).toContain('No errors detected');
  },
);
