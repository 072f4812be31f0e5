import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { makeDeb, type TestDeb } from '../testing/deb.js';
import { decompressAhead, loadPackages } from './load.js';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ic-load-'));
});
afterEach(() => rmSync(folder, { recursive: true }));
const load = async (...debs: TestDeb[]) =>
  loadPackages(
    debs.map((deb) => makeDeb(folder, deb)),
    { jobs: 2 },
  );

describe('loadPackages', () => {
  it('reads what installing needs, in the order given', async () => {
    const [a, b] = await load(
      {
        name: 'a',
        version: '1:2',
        architecture: 'amd64',
        control: [
          'Essential: yes',
          'Multi-Arch: same',
          'Depends: b (>= 1) | c, d',
          'Pre-Depends: e',
          'Provides: f (= 2)',
          'Replaces: b (<< 3), g',
        ],
        controlFiles: {
          conffiles: '/etc/a\nremove-on-upgrade /etc/old\n/etc/b\n',
          preinst: '#!/bin/sh\n',
          postinst: '#!/bin/sh\n',
        },
      },
      { name: 'b' },
    );
    expect(a).toMatchObject({
      name: 'a',
      version: '1:2',
      architecture: 'amd64',
      essential: true,
      multiArchSame: true,
      hasPreinst: true,
      hasPostinst: true,
      conffiles: ['/etc/a', '/etc/b'],
    });
    expect(a?.control).toMatch(/^Package: a\nVersion: 1:2\n/);
    expect(a?.depends.map((group) => group.map(({ name }) => name))).toEqual([['b', 'c'], ['d']]);
    expect(a?.preDepends[0]?.[0]?.name).toBe('e');
    expect(a?.provides[0]?.[0]?.name).toBe('f');
    expect(b).toMatchObject({
      name: 'b',
      essential: false,
      multiArchSame: false,
      hasPreinst: false,
      conffiles: [],
    });
  });

  it.each([
    ['b', '2', true],
    ['b', '3', false],
    ['g', '9', true],
    ['h', '1', false],
  ])('Replaces: b (<< 3), g covers %s %s: %s', async (name, version, covers) => {
    const [a, other] = await load({ name: 'a', control: ['Replaces: b (<< 3), g'] }, { name, version });
    expect(other !== undefined && a?.replaces(other)).toBe(covers);
  });

  it('refuses a file that is no longer the one that was verified', async () => {
    const fetched = makeDeb(folder, { name: 'a' });
    appendFileSync(fetched.path, 'x');
    await expect(loadPackages([fetched], { jobs: 1 })).rejects.toMatchObject({
      code: 'HASH_MISMATCH',
      message: expect.stringContaining('a 1 has changed'),
    });
  });

  it('passes on that a file is gone', async () => {
    const fetched = makeDeb(folder, { name: 'a' });
    rmSync(fetched.path);
    await expect(loadPackages([fetched], { jobs: 1 })).rejects.toMatchObject({ code: 'ENOENT' });
  });
});

describe('decompressAhead', () => {
  const gibibyte = 'Installed-Size: 1048576';

  it('gives each its own, in the order given, however few may run at once', async () => {
    const packages = await load(
      ...['a', 'b', 'c'].map((name) => ({ name, files: [{ path: name, data: `file of ${name}` }] })),
    );
    const data = decompressAhead(packages, { jobs: 1 });
    for (const pkg of packages) {
      expect(Buffer.from(await data.take(pkg)).toString('latin1')).toContain(`file of ${pkg.name}`);
    }
  });

  it('takes one that is larger than what may wait, after all before it are taken', async () => {
    const packages = await load(
      { name: 'a' },
      { name: 'b', control: [gibibyte] },
      { name: 'c', control: [gibibyte] },
      { name: 'd' },
    );
    const data = decompressAhead(packages, { jobs: 2 });
    for (const pkg of packages) expect((await data.take(pkg)).length).toBeGreaterThan(0);
  });

  it('does not run ahead of its budget', async () => {
    const packages = await load({ name: 'a', control: [gibibyte] }, { name: 'b' });
    const [first, second] = packages;
    const data = decompressAhead(packages, { jobs: 2 });
    if (first === undefined || second === undefined) throw new Error('two were loaded');
    await expect(data.take(second)).rejects.toThrow('b was taken out of order');
    await data.take(first);
    expect((await data.take(second)).length).toBeGreaterThan(0);
  });

  it('reports a damaged archive where it is taken, not before', async () => {
    const packages = await load({ name: 'a' }, { name: 'b' });
    const [good, bad] = packages;
    if (good === undefined || bad === undefined) throw new Error('two were loaded');
    const damaged = {
      ...bad,
      deb: { ...bad.deb, dataTar: { format: 'gz' as const, bytes: Buffer.from('1f8b08000000', 'hex') } },
    };
    const data = decompressAhead([good, damaged], { jobs: 2 });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await data.take(good);
    await expect(data.take(damaged)).rejects.toMatchObject({
      code: 'PACKAGE_INVALID',
      message: expect.stringContaining('b 1'),
    });
  });
});
