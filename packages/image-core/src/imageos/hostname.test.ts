import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { configureHostname, hostsText } from './hostname.js';
import { makeSystem } from './image-fixture.test.helper.js';

const LOOPBACK6 = '::1\tlocalhost ip6-localhost ip6-loopback\n';

describe('hostsText', () => {
  const cases: [title: string, before: string, hostname: string, after: string][] = [
    ['a new file', '', 'edge', `127.0.0.1\tlocalhost\n127.0.1.1\tedge\n${LOOPBACK6}`],
    [
      'a domain',
      '',
      'edge.example.com',
      `127.0.0.1\tlocalhost\n127.0.1.1\tedge.example.com edge\n${LOOPBACK6}`,
    ],
    ['localhost itself', '', 'localhost', `127.0.0.1\tlocalhost\n${LOOPBACK6}`],
    [
      'a file with other lines',
      '# own\n127.0.0.1 localhost\n127.0.1.1 old\n::1 localhost\n10.0.0.1 gate\n',
      'edge',
      '# own\n127.0.0.1 localhost\n127.0.1.1\tedge\n::1 localhost\n10.0.0.1 gate\n',
    ],
  ];
  it.each(cases)('%s', (_, before, hostname, after) => {
    expect(hostsText(before, hostname)).toBe(after);
    expect(hostsText(after, hostname)).toBe(after);
  });
});

it('configureHostname writes both files, through links only inside the image', async () => {
  const { image, rootfs } = makeSystem({
    tree: { 'etc/hostname': '-> /var/hostname', 'var/hostname': 'old\n' },
  });
  await configureHostname(image);
  expect(readFileSync(join(rootfs, 'var/hostname'), 'utf8')).toBe('edge\n');
  expect(readFileSync(join(rootfs, 'etc/hosts'), 'utf8')).toContain('127.0.1.1\tedge\n');
});
