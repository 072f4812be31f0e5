import { readFileSync } from 'node:fs';
import type { SchemaNode } from '@ic/utils';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { loadExample } from '../config/load-example.test.fixture.js';
import type { JsonValue } from '../config/loaded-config.js';
import { schemaNamed } from '../config/template-schema.js';
import { ToolchainError } from '../errors.js';
import { bitmap } from './bitmap.test.fixture.js';
import { UNSUPPORTED } from './unsupported.js';

/** A key of the schema: `systemConfig.users.*.name`. */
interface Key {
  readonly path: readonly string[];
  readonly schema: SchemaNode;
}

function keysOf(schema: SchemaNode, path: readonly string[] = []): Key[] {
  const below = Object.entries(schema.properties ?? {}).flatMap(([name, node]) => [
    { path: [...path, name], schema: node },
    ...keysOf(node, [...path, name]),
  ]);
  return schema.items === undefined ? below : [...below, ...keysOf(schema.items, [...path, '*'])];
}

const KEYS = keysOf(schemaNamed('template'));
const LEAVES = KEYS.filter(
  ({ schema }) => schema.properties === undefined && schema.items?.properties === undefined,
);
const nameOf = ({ path }: Key) => path.join('.');

/** A template with one of everything, so that each key can be set alone. */
const BASE = {
  image: { name: 'test', version: '1.0' },
  target: { os: 'debian', dist: 'debian12', arch: 'x86_64', imageType: 'raw' },
  disk: {
    size: '2GiB',
    artifacts: [{ type: 'raw' }],
    partitions: [
      { id: 'esp', type: 'esp', fsType: 'vfat', start: '1MiB', size: '512MiB', mountPoint: '/boot/efi' },
      { id: 'bios', type: 'bios', size: '1MiB' },
      { id: 'root', fsType: 'ext4', start: '700MiB', end: '1900MiB', mountPoint: '/' },
      {
        ...{ id: 'any', fsType: 'ext4', start: '1900MiB', end: '1950MiB' },
        subvolumes: [{ name: '@any', mountPoint: '/any' }],
      },
    ],
    additionalDisks: [{ name: 'more', size: '2GiB', partitions: [{ id: 'p' }] }],
  },
  systemConfig: {
    additionalFiles: [{ local: 't.yml', final: '/opt/file' }],
    configurations: [{ cmd: 'false' }],
    users: [{ name: 'user' }],
    groups: [{ name: 'group' }],
    swapFiles: [{ path: '/swap', size: '1MiB' }],
    hooks: {
      preInstall: [{ cmd: 'false' }],
      postInstall: [{ cmd: 'false' }],
      preImage: [{ cmd: 'false' }],
      firstBoot: [{ cmd: 'false' }],
    },
    bootloader: { provider: 'grub' },
    network: { interfaces: [{ name: 'eth0', routes: [{ to: '10.1.0.0/16', via: '10.0.0.1' }] }] },
  },
  packageRepositories: [
    { codename: 'base', url: 'https://base.example.com/apt', pkey: 'https://base.example.com/key' },
  ],
};

/** Files that the schema's examples name. */
const FILES = {
  ...Object.fromEntries(
    [
      ...['before', 'installed', 'last', 'first-boot', 'hook'].map((name) => `hooks/${name}.sh`),
      ...['user-data', 'meta-data', 'network-config'].map((name) => `seed/${name}`),
      'files/motd',
      'base.yml',
      '../common/edge.yml',
      'keys/example-2025.asc',
      'keys/example-2026.asc',
    ].map((name) => [name, 'metadata: { description: from the parent }\n']),
  ),
  'files/splash.bmp': bitmap().toString('latin1'),
};

/** Partition keys are tried on a partition that is free to be anything, other list items on the first. */
function indexIn(path: readonly string[]): number {
  return path.at(-1) === 'partitions' ? BASE.disk.partitions.length - 1 : 0;
}

/** The template that a key is set in: with GRUB, which has every way of booting, but for what systemd-boot alone can do. */
function baseOf(path: readonly string[]): Record<string, unknown> {
  const template = structuredClone(BASE);
  const key = path.at(-1) ?? '';
  if (['uki', 'splash', 'bootCounting'].includes(key))
    template.systemConfig.bootloader.provider = 'systemd-boot';
  if (key === 'splash') Object.assign(template.systemConfig, { kernel: { uki: true } });
  return template;
}

function withKey(path: readonly string[], value: unknown): Record<string, unknown> {
  const template = baseOf(path);
  let node: unknown = template;
  path.slice(0, -1).forEach((step, depth) => {
    const parent = node as Record<string, unknown>;
    const key = step === '*' ? indexIn(path.slice(0, depth)) : step;
    parent[key] ??= {};
    node = parent[key];
  });
  (node as Record<string, unknown>)[path.at(-1) ?? ''] = value;
  if (path.at(-1) === 'hash_algo') Object.assign(node as object, { password: 'plain' });
  if (path.includes('hooks') && path.at(-1) === 'script') Object.assign(node as object, { cmd: undefined });
  if (path[0] === 'packageRepositories' && ['path', 'packages'].includes(path.at(-1) ?? '')) {
    // In place of an index.
    Object.assign(node as object, { url: undefined, pkey: undefined });
  }
  if (path[1] === 'partitions') makeRoom(template.disk as typeof BASE.disk, path.at(-1));
  return template;
}

/** `size` stands in place of `end`; an `index` asks for one of everybody. */
function makeRoom({ partitions }: typeof BASE.disk, key: string | undefined): void {
  const last: { end?: unknown; index?: number } = partitions.at(-1) ?? {};
  if (key === 'size') delete last.end;
  if (key !== 'index') return;
  const free = partitions.map((_, place) => place + 1).filter((number) => number !== last.index);
  partitions.slice(0, -1).forEach((partition, place) => {
    Object.assign(partition, { index: free[place] });
  });
}

async function outcome(template: Record<string, unknown>): Promise<string> {
  try {
    return JSON.stringify((await loadExample(template, {}, FILES)).config);
  } catch (error) {
    if (error instanceof ToolchainError) return `${error.code} ${error.message}`;
    throw error;
  }
}

const ajv = new Ajv2020({ strict: false }).addSchema(schemaNamed('template'), 'template');

describe.each(['template', 'target'] as const)('%s.schema.json', (name) => {
  const schema = schemaNamed(name);

  it('is a sound schema of draft 2020-12', () => {
    const ajv = new Ajv2020({ strict: true, strictRequired: false, allowUnionTypes: true });
    expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true);
    expect(() => ajv.compile(schema)).not.toThrow();
  });
});

/** A key's place in the schema: other places refer to each other. */
function pointerTo(path: readonly string[]): string {
  return `template#/${path.map((step) => (step === '*' ? 'items' : `properties/${step}`)).join('/')}`;
}

describe('template.schema.json', () => {
  it.each(KEYS.map((key) => [nameOf(key), key] as const))(
    '%s has a description and examples that fit',
    (_, { path, schema }) => {
      expect(schema.description?.length).toBeGreaterThan(3);
      expect(schema.examples?.length).toBeGreaterThan(0);
      const validate = ajv.compile({ $ref: pointerTo(path) });
      for (const example of schema.examples ?? [])
        expect(validate(example), JSON.stringify(example)).toBe(true);
    },
  );

  it.each(LEAVES.map((key) => [nameOf(key), key] as const))(
    '%s changes the image config, or is refused',
    async (name, key) => {
      const before = await outcome(baseOf(key.path));
      expect(before).toMatch(/^\{/);
      const values = [...(key.schema.examples ?? []), ...(key.schema.enum ?? [])];
      const effects = await Promise.all(values.map((value) => outcome(withKey(key.path, value))));
      const changes = effects.some((effect) => effect.startsWith('{') && effect !== before);
      const refused = effects.some((effect) => /^(TEMPLATE_UNSUPPORTED|TARGET_UNKNOWN)/.test(effect));
      expect(changes || refused, effects.join('\n')).toBe(true);
      if (UNSUPPORTED.some((row) => row.key === name && row.values === undefined)) expect(refused).toBe(true);
    },
  );

  it('every row of the table of what is unsupported is a key and value of the schema, and refused', async () => {
    for (const row of UNSUPPORTED) {
      const key = KEYS.find((one) => nameOf(one) === row.key);
      expect(key, row.key).toBeDefined();
      for (const value of row.values ?? key?.schema.examples ?? []) {
        expect(
          await outcome(withKey(row.key.split('.'), value as JsonValue)),
          `${row.key}: ${value}`,
        ).toContain(`is not supported yet: ${row.reason}`);
      }
    }
  });

  it('docs/template.md lists what is unsupported', () => {
    for (const { key, values, reason } of UNSUPPORTED) {
      const which = values === undefined ? 'all' : values.map((value) => `\`${value}\``).join(' ');
      expect(DOCUMENT).toContain(`| \`${key.replaceAll('.*', '[]')}\` | ${which} | ${reason} |`);
    }
  });

  it.each(KEYS.map((key) => [nameOf(key), key] as const))('%s has its row in docs/template.md', (_, key) => {
    expect(DOCUMENT).toContain(rowOf(key));
  });
});

const DOCUMENT = readFileSync(new URL('../../../../docs/template.md', import.meta.url), 'utf8').split('\n');

/** What docs/template.md must say of a key: name, meaning, values, examples. A failing test shows the row to put in. */
function rowOf(key: Key): string {
  const { description = '', examples = [], type, enum: values } = key.schema;
  const kind =
    values === undefined
      ? [type].flat().join(' or ')
      : values.map((value) => `\`${value || '""'}\``).join(' ');
  const example = examples.map((one) => `\`${JSON.stringify(one)}\``).join(' ');
  const cells = [
    `\`${nameOf(key).replaceAll('.*', '[]')}\``,
    description,
    kind,
    key.schema.properties ? '' : example,
  ];
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
}
