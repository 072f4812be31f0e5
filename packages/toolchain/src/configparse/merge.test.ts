import { describe, expect, it } from 'vitest';
import { type LocatedMap, positionAt, toJson } from './located.js';
import { mergeTemplates } from './merge.js';
import { formatPosition } from './position.js';
import { readYaml } from './read-yaml.js';

function tree(text: string, file: string): LocatedMap {
  const read = readYaml(text, file);
  if (read.kind !== 'map') throw new Error('a test template is a mapping');
  return read;
}

function merged(...texts: readonly string[]): unknown {
  return toJson(texts.map((text, index) => tree(text, `${index}.yml`)).reduce(mergeTemplates));
}

describe('mergeTemplates', () => {
  it.each([
    [
      'mappings key by key',
      ['image: {name: a, version: "1"}', 'image: {name: b}'],
      { image: { name: 'b', version: '1' } },
    ],
    [
      'packages as a set, in order',
      ['systemConfig: {packages: [a, b]}', 'systemConfig: {packages: [b, c]}'],
      { systemConfig: { packages: ['a', 'b', 'c'] } },
    ],
    [
      'keywords as a set',
      ['metadata: {keywords: [a]}', 'metadata: {keywords: [b, a]}'],
      { metadata: { keywords: ['a', 'b'] } },
    ],
    [
      'the disk as a whole',
      ['disk: {name: a, size: 1GiB}', 'disk: {size: 2GiB}'],
      { disk: { size: '2GiB' } },
    ],
    [
      'users by name, field by field',
      [
        'systemConfig: {users: [{name: a, sudo: true, groups: [x]}, {name: b}]}',
        'systemConfig: {users: [{name: a, groups: [y]}, {name: c}]}',
      ],
      { systemConfig: { users: [{ name: 'a', sudo: true, groups: ['y'] }, { name: 'b' }, { name: 'c' }] } },
    ],
    [
      'files by final',
      [
        'systemConfig: {additionalFiles: [{local: a, final: /x, mode: "0600"}]}',
        'systemConfig: {additionalFiles: [{local: b, final: /x}, {local: b, final: /y}]}',
      ],
      {
        systemConfig: {
          additionalFiles: [
            { local: 'b', final: '/x', mode: '0600' },
            { local: 'b', final: '/y' },
          ],
        },
      },
    ],
    [
      'repositories by codename, url and path',
      [
        'packageRepositories: [{codename: a, url: u, priority: 1}, {codename: b, url: u}]',
        'packageRepositories: [{codename: a, url: u, component: c}, {codename: a, url: v}]',
      ],
      {
        packageRepositories: [
          { codename: 'a', url: 'u', priority: 1, component: 'c' },
          { codename: 'b', url: 'u' },
          { codename: 'a', url: 'v' },
        ],
      },
    ],
    [
      'the kernel field by field, its packages replaced',
      ['systemConfig: {kernel: {cmdline: quiet, packages: [a]}}', 'systemConfig: {kernel: {packages: [b]}}'],
      { systemConfig: { kernel: { cmdline: 'quiet', packages: ['b'] } } },
    ],
    [
      'boot loader, network and immutability field by field',
      [
        'systemConfig: {bootloader: {bootType: efi, provider: grub}, network: {backend: netplan, interfaces: [{name: a}]}, immutability: {enabled: true, secureBootDBKey: k}}',
        'systemConfig: {bootloader: {bootType: legacy}, network: {interfaces: [{name: b}]}, immutability: {enabled: false}}',
      ],
      {
        systemConfig: {
          bootloader: { bootType: 'legacy', provider: 'grub' },
          network: { backend: 'netplan', interfaces: [{ name: 'b' }] },
          immutability: { enabled: false, secureBootDBKey: 'k' },
        },
      },
    ],
    [
      'commands one after the other',
      ['systemConfig: {configurations: [{cmd: a}]}', 'systemConfig: {configurations: [{cmd: a}, {cmd: b}]}'],
      { systemConfig: { configurations: [{ cmd: 'a' }, { cmd: 'a' }, { cmd: 'b' }] } },
    ],
    [
      'an exclusion takes back a package of a farther file',
      ['systemConfig: {packages: [a, b]}', 'systemConfig: {excludePackages: [a]}'],
      { systemConfig: { packages: ['b'], excludePackages: ['a'] } },
    ],
    [
      'a package takes back an exclusion of a farther file',
      ['systemConfig: {excludePackages: [a, b]}', 'systemConfig: {packages: [a]}'],
      { systemConfig: { excludePackages: ['b'], packages: ['a'] } },
    ],
    [
      'switching a service off takes back switching it on, and the reverse',
      [
        'systemConfig: {services: {enable: [a, b], mask: [c]}}',
        'systemConfig: {services: {disable: [a], enable: [c]}}',
      ],
      { systemConfig: { services: { enable: ['b', 'c'], mask: [], disable: ['a'] } } },
    ],
    [
      'three files, root to leaf',
      [
        'systemConfig: {hostname: a, packages: [a]}',
        'systemConfig: {hostname: b}',
        'systemConfig: {packages: [c]}',
      ],
      { systemConfig: { hostname: 'b', packages: ['a', 'c'] } },
    ],
    [
      'what only one file says',
      ['image: {name: a}', 'metadata: {description: d}'],
      { image: { name: 'a' }, metadata: { description: 'd' } },
    ],
  ])('%s', (_, texts, expected) => {
    expect(merged(...texts)).toEqual(expected);
  });

  it('never folds items of one file into each other', () => {
    const users = '{users: [{name: a, sudo: true}, {name: a}]}';
    expect(merged('image: {name: x}', `systemConfig: ${users}`)).toMatchObject({
      systemConfig: { users: [{}, {}] },
    });
    expect(merged('systemConfig: {users: []}', `systemConfig: ${users}`)).toMatchObject({
      systemConfig: { users: [{}, {}] },
    });
  });

  it('remembers for every value the file that it came from', () => {
    const both = mergeTemplates(
      tree('systemConfig:\n  hostname: a\n  packages: [x]\n  users: [{name: u, sudo: true}]\n', 'base.yml'),
      tree(
        'systemConfig:\n  packages:\n    - y\n  users:\n    - name: u\n      shell: /bin/sh\n',
        'leaf.yml',
      ),
    );
    const place = (...path: (string | number)[]) => formatPosition(positionAt(both, path));
    expect(place('systemConfig', 'hostname')).toBe('base.yml:2:13');
    expect(place('systemConfig', 'packages', 0)).toBe('base.yml:3:14');
    expect(place('systemConfig', 'packages', 1)).toBe('leaf.yml:3:7');
    expect(place('systemConfig', 'users', 0, 'sudo')).toBe('base.yml:4:27');
    expect(place('systemConfig', 'users', 0, 'shell')).toBe('leaf.yml:6:14');
  });
});
