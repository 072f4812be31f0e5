import { resolve } from 'node:path';
import type { ComposeOptions, DiskPlan, LockOptions, LockResult, TemplateRequest } from '@ic/compose';
import { type DependencyRoot, type PackageRef, whyChosen } from '@ic/package-core';
import type { LoadedConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { runIc } from '../testing/run-ic.js';

const packages = [
  {
    name: 'base-files',
    version: '12.4+deb12u11',
    architecture: 'amd64',
    repository: 'debian',
    location: 'pool/b.deb',
    size: 1,
    sha256: 'a'.repeat(64),
    installedSize: 1,
  },
];

const loaded = {
  document: { image: { name: 'edge' }, target: { dist: 'debian12' } },
  config: {
    target: { dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
    repositories: [{ name: 'debian', url: 'https://u:p@mirror.example/debian' }],
  },
} as unknown as LoadedConfig;

describe('ic build', () => {
  const artifact = { path: '/out/edge.raw', format: 'raw', bytes: 4 * 1024 ** 3, sha256: 'b'.repeat(64) };

  /** A compose that keeps what it was asked for and says what a real one says. */
  function recording() {
    const asked: { request?: TemplateRequest; options?: ComposeOptions } = {};
    return {
      asked,
      compose: async (request: TemplateRequest, options: ComposeOptions, context?: unknown) => {
        Object.assign(asked, { request, options });
        const { events } = context as { events: (event: object) => void };
        events({ type: 'stage', stage: 'fetch', status: 'started' });
        events({ type: 'progress', stage: 'fetch', done: 1, total: 2, unit: 'packages' });
        events({ type: 'output', source: 'dpkg', line: 'Unpacking base-files' });
        events({ type: 'stage', stage: 'fetch', status: 'finished', seconds: 1.25 });
        events({ type: 'warning', code: 'W', message: 'beware' });
        events({ type: 'artifact', ...artifact });
        return { artifacts: [artifact], manifest: '/out/edge.manifest.json' };
      },
    };
  }

  it('takes the time of the image from SOURCE_DATE_EPOCH', async () => {
    const { asked, compose } = recording();
    await runIc(['build', 'edge.yml'], { compose: { compose }, env: { SOURCE_DATE_EPOCH: '1700000000' } });
    expect(asked.options?.sourceDateEpoch).toBe(1_700_000_000);
    const run = await runIc(['build', 'edge.yml'], {
      compose: { compose },
      env: { SOURCE_DATE_EPOCH: 'now' },
    });
    expect([run.exitCode, run.stderr]).toEqual([2, expect.stringContaining('SOURCE_DATE_EPOCH is "now"')]);
  });

  it('hands on what the arguments say', async () => {
    const { asked, compose } = recording();
    const flags =
      '--output-dir /o --cache-dir /c --work-dir /w --assembly loop --jobs 3 --offline --locked --set image.name=a --set k=v=w ' +
      '--mirror debian=https://m/debian --mirror sec=https://a --mirror sec=https://b --mirror sec=https://c --connections 4 --trust-key AB --target-dir /t --at 2026-03-01 --allow-rollback';
    const run = await runIc(['build', 'edge.yml', ...flags.split(' ')], { compose: { compose } });
    expect(run.exitCode).toBe(0);
    expect(asked).toEqual({
      request: {
        template: 'edge.yml',
        set: ['image.name=a', 'k=v=w'],
        mirrors: { debian: 'https://m/debian', sec: ['https://a', 'https://b', 'https://c'] },
        trustKeys: ['AB'],
        targetFolders: ['/t'],
      },
      options: {
        outputDir: '/o',
        cacheDir: '/c',
        workDir: '/w',
        assembly: 'loop',
        jobs: 3,
        offline: true,
        locked: true,
        at: new Date('2026-03-01T00:00:00Z'),
        allowRollback: true,
        transport: expect.objectContaining({ connectionsPerHost: 4 }),
      },
    });
  });

  const defaults: { env: Record<string, string>; cacheDir: string }[] = [
    { env: { HOME: '/home/alice' }, cacheDir: '/home/alice/.cache/image-composer' },
    { env: { HOME: '/home/alice', XDG_CACHE_HOME: '/xdg' }, cacheDir: '/xdg/image-composer' },
    {
      env: { HOME: '/home/alice', XDG_CACHE_HOME: 'relative' },
      cacheDir: '/home/alice/.cache/image-composer',
    },
  ];
  it.each(defaults)('keeps downloads in $cacheDir given $env', async ({ env, cacheDir }) => {
    const { asked, compose } = recording();
    await runIc(['build', 'edge.yml'], { compose: { compose }, env });
    expect(asked.options).toMatchObject({ cacheDir, outputDir: resolve('out'), assembly: 'direct' });
  });

  it('prints artifacts on standard output and the tale on standard error', async () => {
    const run = await runIc(['build', 'edge.yml'], { compose: recording() });
    expect(run.stdout).toBe('/out/edge.raw\n');
    expect(run.stderr).toMatch(
      /^fetch …\nfetch: 1\.3 s\nwarning\[W\]: beware\nartifact: raw, 4 GiB, sha256 b+\ndone in/,
    );
    expect(run.stderr).not.toContain('Unpacking');
  });

  it('shows what programs say with -v', async () => {
    const run = await runIc(['build', 'edge.yml', '-v'], { compose: recording() });
    expect(run.stderr).toContain('dpkg: Unpacking base-files\n');
  });

  it('says nothing but the artifacts with -q', async () => {
    const run = await runIc(['build', 'edge.yml', '-q'], { compose: recording() });
    expect(run).toEqual({ exitCode: 0, stdout: '/out/edge.raw\n', stderr: '' });
  });

  it('gives every event as a line of JSON with --json', async () => {
    const run = await runIc(['build', 'edge.yml', '--json'], { compose: recording() });
    const types = run.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line).type);
    expect(types).toEqual(['stage', 'progress', 'output', 'stage', 'warning', 'artifact']);
    expect(run.stderr).toBe('');
  });

  it('redraws a line on a terminal and takes it away at the end', async () => {
    const run = await runIc(['build', 'edge.yml'], { compose: recording(), isTTY: true });
    expect(run.stderr).toContain('\r\u001b[K');
    expect(run.stderr).not.toContain('fetch …');
    expect(run.stderr.endsWith('\n')).toBe(true);
  });
});

describe('ic validate', () => {
  it('says what the template describes, without credentials', async () => {
    const run = await runIc(['validate', 'edge.yml'], { compose: { validate: async () => loaded } });
    expect(run.exitCode).toBe(0);
    expect(run.stderr).toBe(
      'edge.yml: valid, a raw image of debian12 for x86_64\nrepository debian: https://mirror.example/debian\n',
    );
  });

  it('gives the facts as JSON', async () => {
    const run = await runIc(['validate', 'edge.yml', '--json'], {
      compose: { validate: async () => loaded },
    });
    expect(JSON.parse(run.stdout)).toMatchObject({ type: 'result', value: { target: 'debian12' } });
  });
});

describe('ic resolve', () => {
  it('prints the merged template and nothing else on standard output', async () => {
    const run = await runIc(['resolve', 'edge.yml'], { compose: { validate: async () => loaded } });
    expect(run).toEqual({
      exitCode: 0,
      stdout: 'image:\n  name: edge\ntarget:\n  dist: debian12\n',
      stderr: '',
    });
  });

  it('prints packages, one a line', async () => {
    const resolve = async () => ({ packages, config: loaded.config });
    const run = await runIc(['resolve', 'edge.yml', '--packages'], { compose: { resolve } });
    expect(run.stdout).toBe('base-files 12.4+deb12u11 amd64 debian\n');
  });

  it('gives the same as JSON', async () => {
    const resolve = async () => ({ packages, config: loaded.config });
    const run = await runIc(['resolve', 'edge.yml', '--packages', '--json'], { compose: { resolve } });
    expect(JSON.parse(run.stdout)).toEqual({ type: 'result', value: packages });
  });
});

describe('ic lock', () => {
  const file = (version: string, sha256 = version) => ({ version, repository: 'debian', sha256 });
  const changes: NonNullable<LockResult['changes']> = [
    {
      name: 'apt',
      architecture: 'amd64',
      before: file('2.6.1'),
      after: file('2.7'),
      roles: ['chroot', 'image'],
    },
    {
      name: 'base-files',
      architecture: 'amd64',
      before: file('12', 'a'),
      after: file('12', 'b'),
      roles: ['image'],
    },
    { name: 'curl', architecture: 'amd64', after: file('8.0'), roles: ['image'] },
    { name: 'wget', architecture: 'amd64', before: file('1.21'), roles: ['chroot'] },
  ];

  /** A lock that keeps what it was asked for. */
  function recording(found?: LockResult['changes']) {
    const asked: { template?: string; options?: LockOptions } = {};
    return {
      asked,
      lock: async ({ template }: TemplateRequest, options: LockOptions) => {
        Object.assign(asked, { template, options });
        const lockfile = { packages } as unknown as LockResult['lockfile'];
        return { path: `${template}.lock.json`, lockfile, changes: found };
      },
    };
  }

  it.each([
    ['edge.yml', undefined],
    ['edge.yml --update', 'all'],
    ['--update edge.yml', 'all'],
    ['--update edge.yml curl linux-*', ['curl', 'linux-*']],
    ['edge.yml --update curl', ['curl']],
  ])('%s updates %j', async (args, update) => {
    const { asked, lock } = recording([]);
    const run = await runIc(['lock', ...args.split(' ')], { compose: { lock } });
    expect([run.exitCode, asked.template, asked.options?.update]).toEqual([0, 'edge.yml', update]);
    expect(asked.options?.cacheDir).toBe('/home/alice/.cache/image-composer');
  });

  it('prints a table of what changed', async () => {
    const run = await runIc(['lock', 'edge.yml'], { compose: recording(changes) });
    expect(run.stdout).toBe(
      [
        'PACKAGE     ARCH   OLD     NEW     FOR',
        'apt         amd64  2.6.1   2.7     chroot+image',
        'base-files  amd64  12 (a)  12 (b)  image',
        'curl        amd64  -       8.0     image',
        'wget        amd64  1.21    -       chroot',
        '',
      ].join('\n'),
    );
    expect(run.stderr).toBe('edge.yml.lock.json: locked packages: 1, changed: 4\n');
  });

  it('says that nothing changed, and prints no table for a first lockfile', async () => {
    const again = await runIc(['lock', 'edge.yml'], { compose: recording([]) });
    expect([again.stdout, again.stderr]).toEqual(['', expect.stringContaining('changed: 0')]);
    const first = await runIc(['lock', 'edge.yml'], { compose: recording() });
    expect([first.stdout, first.stderr]).toEqual(['', 'edge.yml.lock.json: locked packages: 1\n']);
  });

  it('gives the same as JSON', async () => {
    const run = await runIc(['lock', 'edge.yml', '--json'], { compose: recording(changes) });
    const value = { path: 'edge.yml.lock.json', packages: 1, changes };
    expect(JSON.parse(run.stdout.split('\n')[0] ?? '')).toEqual({ type: 'result', value });
  });

  it('takes packages with --update alone', async () => {
    const run = await runIc(['lock', 'edge.yml', 'curl']);
    expect([run.exitCode, run.stderr.split(':')[0]]).toEqual([2, 'error[USAGE]']);
  });
});

describe('ic plan', () => {
  const none = { typeGuid: '21686148-6449-6e6f-744e-656564454649', flags: [], fsType: 'none' as const };
  const disk: DiskPlan = {
    table: 'gpt',
    size: 64 * 1024 ** 2,
    sectorSize: 512,
    diskId: 'disk-id',
    partitions: [
      { ...none, id: 'bios', name: 'bios', number: 1, partUuid: 'one', start: 1024 ** 2, size: 1024 ** 2 },
      {
        ...none,
        ...{ id: 'boot', name: 'b', number: 2, partUuid: 'two', start: 2 * 1024 ** 2, size: 40 * 1024 ** 2 },
        ...{ type: 'esp', fsType: 'vfat', fatBits: 32, fsLabel: 'ESP', fsUuid: '12AB-CD34' },
        ...{ mountPoint: '/boot/efi', flags: ['boot', 'esp'] },
      },
    ],
  };
  const compose = { plan: async () => disk };

  it('prints a table', async () => {
    const run = await runIc(['plan', 'edge.yml'], { compose });
    expect(run.exitCode).toBe(0);
    expect(run.stdout.split('\n')).toEqual([
      'gpt 64 MiB disk-id',
      'number  id    start  size    type                                  file system   label  mount point  flags     PARTUUID  UUID',
      '1       bios  1 MiB  1 MiB   21686148-6449-6e6f-744e-656564454649  none          -      -            -         one       -',
      '2       boot  2 MiB  40 MiB  esp                                   vfat (FAT32)  ESP    /boot/efi    boot,esp  two       12AB-CD34',
      '',
    ]);
  });

  it('prints a table for each disk, and where subvolumes are mounted', async () => {
    const data = {
      ...{ ...none, id: 'data', name: 'data', number: 1, partUuid: 'one', start: 1024 ** 2, size: 1024 ** 2 },
      ...{ type: 'linux', fsType: 'btrfs' as const, mountPoint: '/srv' },
      subvolumes: [{ name: '@a', mountPoint: '/srv/a' }],
    };
    const more = { ...disk, name: 'more', diskId: 'more-id', partitions: [data] };
    const run = await runIc(['plan', 'edge.yml'], {
      compose: { plan: async () => ({ ...disk, additionalDisks: [more] }) },
    });
    const lines = run.stdout.split('\n');
    expect(lines.slice(4, 6)).toEqual(['', 'more: gpt 64 MiB more-id']);
    expect(lines[7]).toMatch(/^1 +data .* btrfs +- +\/srv\/a=@a /);
  });

  it('gives the plan itself as JSON', async () => {
    const run = await runIc(['plan', 'edge.yml', '--json'], { compose });
    expect(JSON.parse(run.stdout)).toEqual({ type: 'result', value: disk });
  });
});

describe('ic why and ic deps', () => {
  const pkg = (name: string) => ({ ...(packages[0] as PackageRef), name, version: '1' });
  const [tool, library, shell] = [pkg('tool'), pkg('library'), pkg('shell')];
  const graph = {
    packages: [library, shell, tool],
    roots: [
      { to: tool, because: 'tool (too*)', base: false },
      { to: shell, because: 'Essential: yes', base: true },
    ],
    edges: [{ from: tool, to: library, because: ['Depends: library', 'Recommends: https://u:p@host/'] }],
  };
  const chain = { root: graph.roots[0] as DependencyRoot, edges: graph.edges };
  const baseChain = {
    root: graph.roots[1] as DependencyRoot,
    edges: [{ from: shell, to: library, because: ['Depends: library'] }],
  };

  it('why: prints each chain', async () => {
    const asked: unknown[] = [];
    const run = await runIc(['why', 'library', 'edge.yml', '--cache-dir', '/c', '--offline'], {
      compose: {
        why: async (name, { template }, options) => {
          asked.push(name, template, options);
          return [chain, baseChain, { ...baseChain, edges: [] }];
        },
      },
    });
    expect(asked).toMatchObject([
      'library',
      'edge.yml',
      { cacheDir: '/c', offline: true, allowRollback: false },
    ]);
    expect(run).toEqual({
      exitCode: 0,
      stderr: '',
      stdout: `tool 1 amd64 is asked for: tool (too*)
  brings library 1 amd64 (Depends: library; Recommends: https://host/)

nothing that is asked for brings library, but
shell 1 amd64 is part of every image (Essential: yes)
  brings library 1 amd64 (Depends: library)

shell 1 amd64 is part of every image (Essential: yes)
`,
    });
  });

  it('why: does not repeat what is asked for by its name', async () => {
    const root = { ...chain.root, because: 'tool' };
    const run = await runIc(['why', 'tool', 'edge.yml'], {
      compose: { why: async () => [{ root, edges: [] }] },
    });
    expect(run.stdout).toBe('tool 1 amd64 is asked for\n');
  });

  it('why: exits with 2 for what is not there', async () => {
    const run = await runIc(['why', 'librari', 'edge.yml'], {
      compose: { why: async () => whyChosen(graph, 'librari') },
    });
    expect(run).toEqual({
      exitCode: 2,
      stdout: '',
      stderr:
        'error[PACKAGE_NOT_CHOSEN]: "librari" is not among the packages of this image\nhint: did you mean library?\n',
    });
  });

  it.each([
    [[], /^tool 1 \(tool \(too\*\)\)\n└─ library 1 \(Depends: library; .*\)\nshell 1 \(Essential: yes\)\n$/],
    [['--format', 'dot'], /^digraph dependencies \{\n/],
    [['--format', 'json'], /^\{\n {2}"packages": \[/],
    [['--format', 'svg'], /^<svg xmlns="http:\/\/www.w3.org\/2000\/svg" /],
    [['--json'], /^\{"type":"result","value":\{"packages":\[\{"id":"library",/],
  ])('deps: prints the graph, %j', async (flags, expected) => {
    const run = await runIc(['deps', 'edge.yml', ...flags], { compose: { dependencies: async () => graph } });
    expect(run).toMatchObject({ exitCode: 0, stderr: '' });
    expect(run.stdout).toMatch(expected);
    expect(run.stdout).not.toContain('u:p');
  });

  it('deps: refuses a format that there is not', async () => {
    const run = await runIc(['deps', 'edge.yml', '--format', 'png']);
    expect([run.exitCode, run.stderr.split(':')[0]]).toEqual([2, 'error[USAGE]']);
  });
});

describe('ic fetch', () => {
  it('says how much is in the cache now, and with --json what', async () => {
    const asked: unknown[] = [];
    const fetched = packages.map((pkg) => ({ ...pkg, path: '/cache/b' }));
    const fetch = async (...args: readonly unknown[]) => {
      asked.push(args[1]);
      return fetched;
    };
    const args = ['fetch', 'edge.yml', '--cache-dir', '/cache', '--jobs', '3', '--locked'];
    expect(await runIc(args, { compose: { fetch } })).toEqual({
      exitCode: 0,
      stdout: '',
      stderr: 'in the cache: 1 packages, 1 B\n',
    });
    expect(asked).toMatchObject([{ cacheDir: '/cache', jobs: 3, offline: false, locked: true }]);
    const run = await runIc([...args, '--json'], { compose: { fetch } });
    expect(JSON.parse(run.stdout)).toEqual({ type: 'result', value: fetched });
  });
});
