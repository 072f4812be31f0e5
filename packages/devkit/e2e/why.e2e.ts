import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { lackingPackages } from '../src/lacking-packages.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { setStage } from './stage.js';

const skipped = await lackingPackages(['openssl']);

interface GraphJson {
  readonly packages: readonly { readonly id: string; readonly name: string }[];
  readonly roots: readonly { readonly to: string; readonly base: boolean }[];
  readonly edges: readonly { readonly from: string; readonly to: string }[];
}

describe.skipIf(skipped !== '')(`what is in an image, and why${skipped}`, () => {
  const stage = setStage('why', skipped);

  beforeAll(async () => {
    await writeFile(join(stage.folder, 't.yml'), SMALL_TEMPLATE);
  });

  const where = () => ['--cache-dir', stage.composer.cacheDir, ...stage.composer.mirrorArguments];
  const ic = (...args: string[]) => stage.composer.ic([...args, '-q', ...where()], { cwd: stage.folder });

  it('ic deps reaches every package that ic resolve lists, from what is asked for or the base', async () => {
    const { stdout: list } = await ic('resolve', 't.yml', '--packages');
    const { stdout, status } = await ic('deps', 't.yml', '--format', 'json');
    const graph = JSON.parse(stdout) as GraphJson;
    expect(status).toBe(0);
    expect(graph.packages.map(({ name }) => name)).toEqual(
      list
        .trimEnd()
        .split('\n')
        .map((line) => line.split(' ')[0]),
    );
    const reached = new Set(graph.roots.map(({ to }) => to));
    for (const id of reached) {
      for (const { from, to } of graph.edges) if (from === id) reached.add(to);
    }
    expect([...reached].sort()).toEqual(graph.packages.map(({ id }) => id).sort());
    expect(graph.roots.some(({ base }) => base) && graph.roots.some(({ base }) => !base)).toBe(true);
  });

  it('ic why tells a chain of relations, or the base, or near names', async () => {
    const chain = await ic('why', 'libkmod2', 't.yml');
    expect(chain.status).toBe(0);
    expect(chain.stdout).toMatch(
      /^\S+ \S+ amd64 is asked for.*\n(?: +brings .*\n)* +brings libkmod2 \S+ amd64 \(Depends: libkmod2.*\)\n$/,
    );
    const base = await ic('why', 'bash', 't.yml');
    expect(base.stdout).toMatch(/^bash \S+ amd64 is part of every image \(Essential: yes\)\n$/);
    const none = await ic('why', 'libkmod3', 't.yml');
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('did you mean libkmod2')]);
  });

  it('says in which component a package is that the template does not enable', async () => {
    const asked = await ic('deps', 't.yml', '--set', 'systemConfig.packages=["firmware-iwlwifi"]');
    expect(asked.status).toBe(2);
    expect(asked.stderr).toContain(
      'firmware-iwlwifi is in component "non-free-firmware" of repository "debian" (bookworm), which this template does not enable',
    );
  });
});
