import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { loadExample } from '../config/load-example.test.fixture.js';
import { schemaNamed } from '../config/template-schema.js';
import { buildManifest } from './build-manifest.js';
import type { ManifestInput } from './manifest-input.js';

const HASH = 'a'.repeat(64);

async function input(overrides: Partial<ManifestInput> = {}): Promise<ManifestInput> {
  const { config } = await loadExample({
    systemConfig: { users: [{ name: 'zoe', password: 'hidden in plain sight' }, { name: 'adam' }] },
    packageRepositories: [
      { codename: 'extra', url: 'https://me:token@packages.example.com/apt', pkey: '[trusted=yes]' },
    ],
  });
  return {
    config,
    packages: ['zsh', 'apt'].map((name) => ({
      name,
      version: '1.0',
      architecture: 'amd64',
      repository: 'debian',
      location: `pool/${name}.deb`,
      size: 10,
      sha256: HASH,
      installedSize: 20,
    })),
    proofs: [
      { repository: 'debian', suite: 'bookworm-updates', indexSha256: HASH },
      {
        repository: 'debian',
        suite: 'bookworm',
        indexSha256: HASH,
        signedBy: 'B'.repeat(40),
        date: '2026-01-01T00:00:00Z',
        chain: { index: 'signature', lists: ['sha256'], openLists: ['sha256'] },
      },
      {
        repository: 'extra',
        suite: 'extra',
        indexSha256: HASH,
        chain: { index: 'tls', lists: ['sha256'], openLists: [] },
      },
    ],
    packageProofs: [],
    plan: {
      table: 'gpt',
      size: 1024,
      diskId: 'id',
      partitions: [
        {
          id: 'rootfs',
          number: 1,
          name: 'root',
          typeGuid: 'guid',
          partUuid: 'uuid',
          start: 0,
          size: 1,
          fsType: 'ext4',
          mountPoint: '/',
        },
      ],
    },
    artifacts: [
      { path: '/somewhere/out/b.raw', format: 'raw', bytes: 1024, sha256: HASH },
      { path: '/somewhere/out/a.raw', format: 'raw', bytes: 1024, sha256: HASH },
    ],
    versions: { mkfs: '1.47', ic: '0.1.0' },
    epoch: 1_767_225_600,
    ...overrides,
  };
}

describe('buildManifest', () => {
  it('fits its published schema', async () => {
    const validate = new Ajv2020({ strict: true, strictRequired: false, allErrors: true }).compile(
      schemaNamed('manifest'),
    );
    expect(validate(buildManifest(await input())), JSON.stringify(validate.errors)).toBe(true);
    expect(validate({ ...buildManifest(await input()), more: 1 })).toBe(false);
  });

  it('is the same text whatever the order of what it is told', async () => {
    const one = await input();
    const other: ManifestInput = {
      ...one,
      packages: [...one.packages].reverse(),
      artifacts: [...one.artifacts].reverse(),
      proofs: [...one.proofs].reverse(),
      versions: { ic: '0.1.0', mkfs: '1.47' },
    };
    expect(JSON.stringify(buildManifest(other))).toBe(JSON.stringify(buildManifest(one)));
  });

  it('sorts packages, artifacts and indexes, and tells the time of the epoch', async () => {
    expect(buildManifest(await input())).toMatchObject({
      created: '2026-01-01T00:00:00Z',
      packages: [{ name: 'apt' }, { name: 'zsh' }],
      artifacts: [{ file: 'a.raw' }, { file: 'b.raw' }],
      repositories: [
        {
          name: 'debian',
          trust: 'signed-index',
          indexes: [{ suite: 'bookworm' }, { suite: 'bookworm-updates' }],
        },
        { name: 'debian-security', indexes: [] },
        {
          name: 'extra',
          trust: 'none',
          weakDigests: false,
          url: 'https://packages.example.com/apt',
          indexes: [{ chain: { index: 'tls', lists: ['sha256'], openLists: [] } }],
          packages: { digest: 'sha256', signatures: 'not-offered', signedBy: [] },
        },
      ],
      system: { users: ['adam', 'zoe'] },
    });
  });

  it('tells of no disk and no boot loader where there are none', async () => {
    const before = await input();
    const target = { ...before.config.target, imageType: 'img' as const };
    const manifest = buildManifest({ ...before, config: { ...before.config, target } });
    expect(Object.keys(manifest)).not.toContain('disk');
    expect(manifest.system).not.toHaveProperty('bootType');
    expect(manifest.system).not.toHaveProperty('bootloader');
    expect(new Ajv2020().compile(schemaNamed('manifest'))(manifest)).toBe(true);
  });

  it('tells which keys signed packages where the family has that, and what was not asked', async () => {
    const before = await input();
    const { config } = before;
    const [debian, security, extra] = config.repositories;
    if (!debian || !security || !extra) throw new Error('the example has three repositories');
    const packageProofs = ['C', 'B', 'C'].map((digit) => ({
      repository: 'debian',
      sha256: HASH,
      signedBy: digit.repeat(40),
    }));
    const manifest = buildManifest({
      ...before,
      config: {
        ...config,
        target: { ...config.target, family: 'rpm' },
        repositories: [{ ...debian, weakDigests: true }, security, extra],
      },
      proofs: [
        {
          repository: 'debian',
          suite: '',
          indexSha256: HASH,
          chain: { index: 'signature', weakness: 'SHA-1', lists: ['sha512'], openLists: [] },
        },
      ],
      packageProofs,
    });
    expect(manifest).toMatchObject({
      repositories: [
        {
          weakDigests: true,
          indexes: [{ chain: { index: 'signature', weakness: 'SHA-1', lists: ['sha512'], openLists: [] } }],
          packages: { signatures: 'header-and-payload', signedBy: ['B'.repeat(40), 'C'.repeat(40)] },
        },
        { packages: { signatures: 'header-and-payload', signedBy: [] } },
        { packages: { signatures: 'not-asked', signedBy: [] } },
      ],
    });
    const validate = new Ajv2020({ allErrors: true }).compile(schemaNamed('manifest'));
    expect(validate(manifest), JSON.stringify(validate.errors)).toBe(true);
  });

  it('holds no password, no hash of one, no token, no folder of this machine', async () => {
    const made = await input();
    const packages = made.packages.map((pkg) => ({ ...pkg, location: 'https://me:token@far.example/x.rpm' }));
    const text = JSON.stringify(buildManifest({ ...made, packages }));
    expect(text).toContain('https://far.example/x.rpm');
    for (const secret of ['hidden in plain sight', '$6$', 'token', '/somewhere'])
      expect(text).not.toContain(secret);
  });
});
