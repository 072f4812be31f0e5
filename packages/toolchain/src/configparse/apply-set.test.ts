import { describe, expect, it } from 'vitest';
import { schemaNamed } from '../config/template-schema.js';
import { ToolchainError } from '../errors.js';
import { applyAssignment, parseAssignment } from './apply-set.js';
import { type LocatedMap, positionAt, toJson } from './located.js';
import { formatPosition } from './position.js';
import { readYaml } from './read-yaml.js';

const TEMPLATE = 'image: {name: a}\nsystemConfig: {users: [{name: u}], packages: [x, y]}\n';

function set(...texts: readonly string[]): LocatedMap {
  const tree = readYaml(TEMPLATE, 't.yml');
  if (tree.kind !== 'map') throw new Error('a mapping');
  return texts.map((text) => parseAssignment(text, schemaNamed('template'))).reduce(applyAssignment, tree);
}

function refusal(text: string): string {
  try {
    set(text);
    return 'applied';
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    expect(error).toMatchObject({ code: 'OVERRIDE_INVALID', fault: 'request' });
    return `${error.message} | ${error.hint}`;
  }
}

describe('--set', () => {
  it.each([
    ['image.name=b', { image: { name: 'b' } }],
    ['image.version=13.0', { image: { version: '13.0' } }],
    ['image.version="13.0"', { image: { version: '13.0' } }],
    ['disk.size=8GiB', { disk: { size: '8GiB' } }],
    ['disk.partitionTableType=mbr', { disk: { partitionTableType: 'mbr' } }],
    ['systemConfig.recommends=true', { systemConfig: { recommends: true } }],
    ['systemConfig.users[0].name=root', { systemConfig: { users: [{ name: 'root' }] } }],
    ['systemConfig.users.0.sudo=true', { systemConfig: { users: [{ name: 'u', sudo: true }] } }],
    ['systemConfig.users[1].name=v', { systemConfig: { users: [{ name: 'u' }, { name: 'v' }] } }],
    ['systemConfig.packages=[vim, "curl=8.0"]', { systemConfig: { packages: ['vim', 'curl=8.0'] } }],
    ['systemConfig.packages[1]=z', { systemConfig: { packages: ['x', 'z'] } }],
    ['systemConfig.kernel={cmdline: quiet}', { systemConfig: { kernel: { cmdline: 'quiet' } } }],
    [
      'systemConfig.kernel.cmdline=root=/dev/vda quiet',
      { systemConfig: { kernel: { cmdline: 'root=/dev/vda quiet' } } },
    ],
    [
      'systemConfig.kernel.enableExtraModules=[nvme]',
      { systemConfig: { kernel: { enableExtraModules: ['nvme'] } } },
    ],
  ])('%s', (text, expected) => {
    expect(toJson(set(text))).toMatchObject(expected);
  });

  it.each([
    [
      'image.name',
      '--set image.name: has no "=" | write key.path=value, as in --set systemConfig.hostname=gateway',
    ],
    ['=x', '--set =x: has no "="'],
    [
      'imag.name=x',
      '--set imag.name: a template has no key "imag"; did you mean "image"? | it knows extends,',
    ],
    [
      'systemConfig.hostnam=x',
      '--set systemConfig.hostnam: systemConfig has no key "hostnam"; did you mean "hostname"?',
    ],
    [
      'systemConfig.users.name=x',
      '--set systemConfig.users.name: systemConfig.users is a list | set an item (systemConfig.users[0])',
    ],
    [
      'systemConfig.users[0].nam=x',
      '--set systemConfig.users[0].nam: systemConfig.users[0] has no key "nam"; did you mean "name"?',
    ],
    ['image.name.first=x', '--set image.name.first: image.name has no keys below it | set image.name itself'],
    [
      'systemConfig.users[3].name=x',
      '--set systemConfig.users[3].name: systemConfig.users has 1 items | the next free index is 1',
    ],
    ['systemConfig.packages=[a', '--set systemConfig.packages:1:3: not YAML: Flow sequence'],
  ])('refuses %s', (text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('is applied in order, and values know that they came from the command line', () => {
    const tree = set('image.name=b', 'image.name=c', 'systemConfig.users=[{name: x}]');
    expect(toJson(tree)).toMatchObject({ image: { name: 'c' } });
    expect(formatPosition(positionAt(tree, ['image', 'name']))).toBe('--set image.name');
    expect(formatPosition(positionAt(tree, ['systemConfig', 'users', 0, 'name']))).toBe(
      '--set systemConfig.users',
    );
    expect(formatPosition(positionAt(tree, ['systemConfig', 'packages']))).toBe('t.yml:2:46');
  });

  it('never says a secret in an error', () => {
    expect(refusal('systemConfig.user[0].password=hunter2')).not.toContain('hunter2');
  });
});
