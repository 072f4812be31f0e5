import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buildRpm, type TestRpm } from '../testing/build-rpm.js';
import { compareWithRpm, lackingReaders } from '../testing/compare-with-rpm.js';
import { readRpm } from './rpm-file.js';

const withRpmbuild = existsSync('/usr/bin/rpmbuild') && lackingReaders().length === 0;
const LONG = 'n'.repeat(200);

const ODD: TestRpm = {
  name: 'odd',
  version: '2.0~rc1^git1-3.azl3',
  epoch: 7,
  preamble: [
    'Provides: odd(feature) = 1:2-3',
    'Requires: plain >= 1.2, /usr/bin/env, (a if b else c)',
    'Requires(pre): shadow-utils',
    'Requires(post): systemd',
    'Conflicts: other < 3',
    'Obsoletes: older <= 0:2-1',
    'Recommends: nice',
    'Suggests: nicer > 1',
    'Supplements: (a and b)',
    'Enhances: c',
    'OrderWithRequires: first',
  ],
  install: [
    'mkdir -p d/sub etc var/log "usr/share/with space"',
    'echo one > d/one; ln d/one d/two; ln d/one d/sub/three',
    'touch d/empty; ln d/empty d/empty-too',
    'echo x > d/setuid; echo y > d/capable; echo c > etc/odd.conf; echo g > var/log/odd.log',
    'ln -s ../nowhere d/link; ln -s d linked',
    `echo l > "d/${LONG}"; echo ü > "usr/share/with space/ünï"`,
  ],
  files: [
    '%dir %attr(1777,root,root) /d',
    '/d/one',
    '/d/two',
    '/d/sub',
    '/d/empty',
    '/d/empty-too',
    '%attr(4755,root,root) /d/setuid',
    '%attr(0640,nobody,mail) %caps(cap_net_raw=ep) /d/capable',
    '%config(noreplace) /etc/odd.conf',
    '%ghost /var/log/odd.log',
    '/d/link',
    '/linked',
    `/d/${LONG}`,
    '/usr/share/with*',
  ],
  sections: ['%pre', 'true', '%post -p /sbin/ldconfig', '%posttrans -p <lua>', 'print("x")'],
};

const PAYLOADS = ['w3.zstdio', 'w2.xzdio', 'w6.gzdio', 'w9.bzdio', 'w2.lzdio', 'w.ufdio'];

describe.skipIf(!withRpmbuild)('packages made by rpmbuild', () => {
  let folder: string;
  const paths = new Map<string, string>();
  const built = (name: string) => paths.get(name) ?? '';
  const bytesOf = (name: string) => readFileSync(built(name));

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'ic-rpmbuild-'));
    const simple = {
      install: ['mkdir d', 'seq 5000 > d/numbers', 'ln -s numbers d/link'],
      files: ['/d'],
    };
    const wanted: [string, TestRpm][] = [
      ['odd', ODD],
      ['empty', { name: 'empty' }],
      ...PAYLOADS.map((payload, index): [string, TestRpm] => [
        payload,
        { name: `simple${index}`, payload, ...simple },
      ]),
    ];
    const two = async (half: number) => {
      for (const [index, [name, rpm]] of wanted.entries()) {
        if (index % 2 === half) paths.set(name, await buildRpm(folder, rpm));
      }
    };
    await Promise.all([two(0), two(1)]);
  }, 60_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(['odd', 'empty', ...PAYLOADS])('%s is read and unpacked as by rpm', async (name) => {
    const { ours, theirs } = await compareWithRpm(built(name), join(folder, `compare-${name}`));
    expect(ours.facts).toEqual(theirs.facts);
    expect(ours.tree).toEqual(theirs.tree);
  });

  it('knows what is odd', () => {
    const rpm = readRpm(bytesOf('odd'));
    expect(rpm.evr).toEqual({ epoch: 7, version: '2.0~rc1^git1', release: '3.azl3' });
    expect(rpm.requires).toContainEqual({
      name: 'plain',
      operator: '>=',
      evr: { epoch: 0, version: '1.2', release: undefined },
    });
    expect(rpm.requires).toContainEqual({ name: '(a if b else c)' });
    expect(rpm.requires).toContainEqual({ name: 'shadow-utils', pre: true });
    expect(rpm.order).toEqual([{ name: 'first' }]);
    expect([...rpm.scriptlets]).toEqual([
      ['pre', ['/bin/sh']],
      ['post', ['/sbin/ldconfig']],
      ['posttrans', ['<lua>']],
    ]);
    const file = (path: string) => rpm.files.find((entry) => entry.path === path);
    expect(file('/d/capable')).toMatchObject({
      capabilities: 'cap_net_raw=ep',
      owner: 'nobody',
      group: 'mail',
    });
    expect(file('/d/one')?.linkGroup).toBeDefined();
    expect(file('/d/one')?.linkGroup).toBe(file('/d/sub/three')?.linkGroup);
    expect(file('/d/empty')?.linkGroup).not.toBe(file('/d/one')?.linkGroup);
    expect(file('/d/setuid')?.linkGroup).toBeUndefined();
  });
});
