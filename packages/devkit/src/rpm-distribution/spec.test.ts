import { describe, expect, it } from 'vitest';
import { FLAVOURS } from './flavour.js';
import { rpmVersion, specFile } from './spec.js';

describe('rpmVersion', () => {
  it.each([
    ['2.41-12', { version: '2.41', release: '12' }],
    ['1:4.17.4-2', { epoch: '1', version: '4.17.4', release: '2' }],
    ['257.13-1~deb13u1', { version: '257.13', release: '1~deb13u1' }],
    ['2.3.dfsg-1-4+b2', { version: '2.3.dfsg.1', release: '4+b2' }],
    ['6.5', { version: '6.5', release: '1' }],
  ])('%s', (debian, expected) => {
    expect(rpmVersion(debian)).toEqual({ epoch: undefined, ...expected });
  });
});

describe('specFile', () => {
  const subject = {
    recipe: {
      name: 'chrony',
      tags: ['Conflicts: ntp < 5'],
      units: ['chronyd.service'],
      scriptlets: '%post\ntrue\n',
      attributes: { '/var/lib/chrony': '%dir %attr(0750,chrony,chrony)', '/run/chrony.pid': '%ghost' },
    },
    flavour: FLAVOURS.azl3,
    version: { version: '4.6', release: '3' },
    architecture: 'x86_64',
    entries: [
      { path: '/etc', kind: 'folder', mode: 0o755 },
      { path: '/etc/chrony.conf', kind: 'file', mode: 0o644 },
      { path: '/usr', kind: 'folder', mode: 0o755 },
      { path: '/usr/share', kind: 'folder', mode: 0o755 },
      { path: '/usr/share/chrony', kind: 'folder', mode: 0o755 },
      { path: '/usr/share/chrony/a b', kind: 'file', mode: 0o644 },
      { path: '/usr/share/chrony/[', kind: 'link', mode: 0o777 },
      { path: '/var/lib/chrony', kind: 'folder', mode: 0o755 },
    ],
    shared: new Set(['/etc', '/usr', '/usr/share']),
  } as const;

  it('lists what is its own, ghosts last', () => {
    const [, files = ''] = specFile(subject).split('%files\n');
    expect(files.trimEnd().split('\n')).toEqual([
      '%defattr(-,root,root,-)',
      '%config(noreplace) /etc/chrony.conf',
      '%dir /usr/share/chrony',
      '"/usr/share/chrony/a b"',
      '/usr/share/chrony/?',
      '%dir %attr(0750,chrony,chrony) /var/lib/chrony',
      '%ghost /run/chrony.pid',
    ]);
  });

  it('has the release of the flavour and the presets of its units', () => {
    const text = specFile(subject);
    expect(text).toContain('\nVersion: 4.6\nRelease: 3.azl3\n');
    expect(text).toContain('\nConflicts: ntp < 5\nRequires(post): systemd\n');
    expect(text).toMatch(/^%post\nif .*\n {2}systemctl --no-reload preset chronyd\.service .*\nfi\ntrue$/m);
  });
});
