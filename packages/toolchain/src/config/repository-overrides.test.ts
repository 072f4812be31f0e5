import { describe, expect, it } from 'vitest';
import { loadExample } from './load-example.test.fixture.js';
import type { LoadConfigRequest } from './loaded-config.js';

const A = 'A'.repeat(40);
const B = 'B'.repeat(64);
const AZL = { target: { os: 'azure-linux', dist: 'azl3', arch: 'x86_64', imageType: 'raw' } };
const ELXR = { target: { os: 'wind-river-elxr', dist: 'elxr12', arch: 'x86_64', imageType: 'raw' } };

async function repositories(request: Partial<LoadConfigRequest>, keys = {}) {
  return (await loadExample(keys, request)).config.repositories;
}

async function refusal(request: Partial<LoadConfigRequest>, keys = {}): Promise<string> {
  try {
    await loadExample(keys, request);
    return 'loaded';
  } catch (error) {
    expect(error).toMatchObject({ code: 'OVERRIDE_INVALID', fault: 'request' });
    return String((error as Error).message);
  }
}

describe('--mirror', () => {
  it('replaces the URL of one repository, and the host may no longer choose', async () => {
    const [debian, security] = await repositories({
      mirrors: { debian: 'https://mirror.example.com/debian/' },
    });
    expect(debian).toMatchObject({
      name: 'debian',
      url: 'https://mirror.example.com/debian',
      hostMirror: undefined,
    });
    expect(security).toMatchObject({ url: 'https://security.debian.org/debian-security', hostMirror: true });
  });

  it('may name several places, the first of which stands for the others', async () => {
    const debian = ['https://a.example/debian/', 'https://b.example/debian', 'file:///srv/debian'];
    const [first] = await repositories({ mirrors: { debian } });
    expect(first).toMatchObject({
      url: 'https://a.example/debian',
      mirrors: ['https://b.example/debian', 'file:///srv/debian'],
    });
    expect(
      await refusal({ mirrors: { debian: ['https://a.example', 'https://u:secret@b c'] } }),
    ).not.toContain('secret');
  });

  it('moves key URLs below the old URL along', async () => {
    const [elxr] = await repositories({ mirrors: { elxr: 'https://127.0.0.1:8443/elxr' } }, ELXR);
    expect(elxr).toMatchObject({
      url: 'https://127.0.0.1:8443/elxr',
      keySources: ['https://127.0.0.1:8443/elxr/public.gpg'],
    });
    const [debian] = await repositories({ mirrors: { debian: 'file:///srv/debian' } });
    expect(debian?.keySources).toContain('https://ftp-master.debian.org/keys/archive-key-12.asc');
  });

  it('takes the place of a list of mirrors, and leaves keys that lie elsewhere', async () => {
    const packageRepositories = [
      { codename: 'tools', metalink: 'https://m.example/metalink?repo=tools', pkey: '/etc/hostname' },
    ];
    const [azl, tools] = await repositories(
      { mirrors: { azl3: 'https://127.0.0.1:8443/azl3', tools: 'file:///srv/tools' } },
      { ...AZL, packageRepositories },
    );
    expect(azl).toMatchObject({
      url: 'https://127.0.0.1:8443/azl3',
      keySources: ['https://127.0.0.1:8443/azl3/repodata/repomd.xml.key'],
    });
    expect(tools).toMatchObject({ url: 'file:///srv/tools', keySources: ['/etc/hostname'] });
    expect(tools?.mirrorSource).toBeUndefined();
  });

  it.each([
    [{ debain: 'https://x.example' }, '--mirror: there is no repository "debain"; did you mean "debian"?'],
    [{ debian: 'mirror.example.com' }, '--mirror debian: "mirror.example.com" is not a URL'],
    [{ debian: 'ftp://mirror.example.com' }, '--mirror debian: "ftp://mirror.example.com" is not a URL'],
    [{ constructor: 'https://x.example' }, '--mirror: there is no repository "constructor"'],
  ])('refuses %j', async (mirrors, message) => {
    expect(await refusal({ mirrors })).toBe(message);
  });
});

describe('--trust-key', () => {
  it('pins the repositories whose target leaves them open', async () => {
    const [elxr] = await repositories({ trustKeys: [A.toLowerCase(), B] }, ELXR);
    expect(elxr?.fingerprints).toEqual([A, B]);
  });

  it('leaves those alone whose keys are pinned or that are trusted unsigned', async () => {
    const packageRepositories = [
      { codename: 'open', url: 'https://a.example', pkey: 'https://a.example/key' },
      { codename: 'unsigned', url: 'https://b.example', pkey: '[trusted=yes]' },
    ];
    const all = await repositories({ trustKeys: [A] }, { packageRepositories });
    expect(all.filter(({ fingerprints }) => fingerprints.includes(A)).map(({ name }) => name)).toEqual([
      'open',
    ]);
  });

  it('adds to the named repository', async () => {
    const [debian, security] = await repositories({ trustKeys: [`debian=${A}`] });
    expect(debian?.fingerprints).toHaveLength(3);
    expect(debian?.fingerprints).toContain(A);
    expect(security?.fingerprints).not.toContain(A);
  });

  it.each([
    ['12345678', '--trust-key 12345678: this is not a full fingerprint'],
    [`debian=${A}0`, `--trust-key debian=${A}0: this is not a full fingerprint`],
    [`debain=${A}`, '--trust-key: there is no repository "debain"; did you mean "debian"?'],
    [A, `--trust-key ${A}: the keys of all repositories are pinned already`],
  ])('refuses %s', async (key, message) => {
    expect(await refusal({ trustKeys: [key] })).toBe(message);
  });
});
