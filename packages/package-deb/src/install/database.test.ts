import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ADMIN_DIRECTORY,
  createDatabase,
  type DatabaseEntry,
  databaseName,
  parseInterests,
  statusParagraph,
  writeInfo,
  writeInterests,
} from './database.js';
import { writeInRoot } from './root-files.js';

const control = (name: string, more = '') =>
  `Package: ${name}\nArchitecture: all\nVersion: 1-2\nMaintainer: T <t@example.org>\n${more}Description: test\n of it\n .\n end\n`;
const entry = (name: string, more: Partial<DatabaseEntry> = {}): DatabaseEntry => ({
  name,
  architecture: 'all',
  multiArchSame: false,
  control: control(name),
  controlFiles: [
    { name: 'control', mode: 0o644, data: Buffer.from(control(name)) },
    { name: 'md5sums', mode: 0o644, data: Buffer.from('d41d8cd98f00b204e9800998ecf8427e  etc/x\n') },
    { name: 'postinst', mode: 0o755, data: Buffer.from('#!/bin/sh\n') },
  ],
  conffiles: [],
  list: ['/.', '/etc', '/etc/x'],
  ...more,
});

let root: string;
let admin: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'ic-database-'));
  admin = join(root, ADMIN_DIRECTORY);
  createDatabase(root, 'amd64');
});
afterEach(() => rmSync(root, { recursive: true }));
const text = (path: string) => readFileSync(join(admin, path), 'utf8');

it('a status paragraph is the control file with the status second and conffiles last', () => {
  expect(statusParagraph(entry('a'))).toBe(
    'Package: a\nStatus: install ok unpacked\nArchitecture: all\nVersion: 1-2\nMaintainer: T <t@example.org>\nDescription: test\n of it\n .\n end\n\n',
  );
  expect(statusParagraph(entry('a', { conffiles: ['/etc/x', '/etc/lost'] }))).toMatch(
    /\n end\nConffiles:\n \/etc\/x newconffile\n \/etc\/lost newconffile obsolete\n\n$/,
  );
});

it.each([
  ['lib', false, 'lib'],
  ['lib', true, 'lib:amd64'],
])('files of %s, Multi-Arch: same %s, are named %s', (name, multiArchSame, expected) => {
  expect(databaseName({ name, architecture: 'amd64', multiArchSame })).toBe(expected);
});

it('info holds the list and the control files but for control itself', () => {
  writeInfo(root, entry('a'));
  expect(readdirSync(join(admin, 'info')).sort()).toEqual(['a.list', 'a.md5sums', 'a.postinst', 'format']);
  expect(text('info/a.list')).toBe('/.\n/etc\n/etc/x\n');
  expect(statSync(join(admin, 'info/a.postinst')).mode & 0o777).toBe(0o755);
});

it.each([
  ['interest /usr/share/man', { trigger: '/usr/share/man', package: 'p', noAwait: false }],
  ['interest-noawait ldconfig', { trigger: 'ldconfig', package: 'p', noAwait: true }],
  ['  interest-await\tx  ', { trigger: 'x', package: 'p', noAwait: false }],
  ['activate-noawait ldconfig', undefined],
  ['# interest x', undefined],
  ['interested x', undefined],
  ['', undefined],
])('triggers line %j', (line, interest) => {
  expect(parseInterests(`${line}\n`, 'p')).toEqual(interest === undefined ? [] : [interest]);
});

it('interests are kept by path in one file, by name in one each; a name that is a path is no name', () => {
  writeInterests(root, [
    { trigger: '/a', package: 'p', noAwait: false },
    { trigger: '/b', package: 'q:amd64', noAwait: true },
    { trigger: 'ldconfig', package: 'p', noAwait: true },
  ]);
  writeInterests(root, [
    { trigger: 'ldconfig', package: 'q', noAwait: false },
    { trigger: '../../x', package: 'q', noAwait: false },
    { trigger: '..', package: 'q', noAwait: false },
  ]);
  expect(text('triggers/File')).toBe('/a p\n/b q:amd64/noawait\n');
  expect(text('triggers/ldconfig')).toBe('p/noawait\nq\n');
  expect(readdirSync(join(admin, 'triggers')).sort()).toEqual(['File', 'Unincorp', 'ldconfig']);
  expect(readdirSync(join(root, 'var'))).toEqual(['lib']);
});

describe.skipIf(!existsSync('/usr/bin/dpkg'))('dpkg reads it', () => {
  const record = (entries: readonly DatabaseEntry[]) => {
    for (const one of entries) {
      writeInRoot(root, `${ADMIN_DIRECTORY}/status`, statusParagraph(one), { append: true });
      writeInfo(root, one);
      writeInterests(
        root,
        parseInterests('interest /usr/share/man\ninterest-noawait name\n', databaseName(one)),
      );
    }
  };

  it('as packages that are unpacked and nothing else', () => {
    const lib = {
      multiArchSame: true,
      architecture: 'amd64',
      control: control('lib', 'Multi-Arch: same\n').replace('all', 'amd64'),
    };
    record([entry('a', { conffiles: ['/etc/x'] }), entry('lib', lib)]);
    const query = (...args: string[]) =>
      execFileSync('dpkg-query', [`--admindir=${admin}`, ...args], { encoding: 'utf8' });
    const fields = (...names: string[]) => `-f${names.map((name) => `$\{${name}}`).join(' ')}\\n`;
    expect(query('-W', fields('binary:Package', 'Version', 'Architecture', 'db:Status-Status'))).toBe(
      'a 1-2 all unpacked\nlib:amd64 1-2 amd64 unpacked\n',
    );
    expect(query('-L', 'lib')).toBe('/.\n/etc\n/etc/x\n');
    expect(query('-W', fields('Conffiles'), 'a').trim()).toBe('/etc/x newconffile');
    const audit = spawnSync('dpkg', [`--admindir=${admin}`, '--audit'], { encoding: 'utf8' });
    expect(audit.stderr).toBe('');
    expect(audit.stdout).toMatch(/unpacked but not yet configured/);
    expect(audit.stdout).not.toMatch(/missing|broken|half/i);
  });

  it('empty', () => {
    const audit = spawnSync('dpkg', [`--admindir=${admin}`, '--audit'], { encoding: 'utf8' });
    expect(audit).toMatchObject({ status: 0, stdout: '', stderr: '' });
  });
});
