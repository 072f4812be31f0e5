import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { contentRules, pathFilter } from './content-rules.js';

const TREE: readonly string[] = [
  'etc/app.conf',
  'usr/bin/app',
  'usr/share/doc/app/changelog.gz',
  'usr/share/doc/app/copyright',
  'usr/share/doc/app/examples/one',
  'usr/share/info/app.info.gz',
  'usr/share/lintian/overrides/app',
  'usr/share/locale/locale.alias',
  'usr/share/locale/de/LC_MESSAGES/app.mo',
  'usr/share/locale/de_AT/LC_MESSAGES/app.mo',
  'usr/share/locale/den/LC_MESSAGES/app.mo',
  'usr/share/locale/fr/LC_MESSAGES/app.mo',
  'usr/share/man/de/man1/app.1.gz',
  'usr/share/man/fr/man1/app.1.gz',
  'usr/share/man/man1/app.1.gz',
];

const CASES = [
  { documentation: true },
  { documentation: false },
  { documentation: true, languages: [] },
  { documentation: true, languages: ['de'] },
  { documentation: false, languages: ['de', 'pt_BR'] },
];

function temporary(): string {
  const folder = mkdtempSync(join(tmpdir(), 'ic-content-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Every path of a folder, folders above first. */
function pathsOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
}

/** A package of TREE and a link, and what of it dpkg unpacks by these rules. */
function unpackedByDpkg(rules: readonly string[]): { all: string[]; unpacked: string[] } {
  const folder = temporary();
  const [source, root] = [join(folder, 'source'), join(folder, 'root')];
  for (const path of TREE) {
    mkdirSync(dirname(join(source, path)), { recursive: true });
    writeFileSync(join(source, path), '');
  }
  symlinkSync('nowhere', join(source, 'usr/share/doc/other'));
  const all = pathsOf(source);
  mkdirSync(join(source, 'DEBIAN'));
  const control = 'Package: app\nVersion: 1\nArchitecture: all\nMaintainer: test\nDescription: test\n';
  writeFileSync(join(source, 'DEBIAN/control'), control);
  const run = (program: string, args: readonly string[]) => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  run('dpkg-deb', ['--root-owner-group', '--build', source, join(folder, 'app.deb')]);
  mkdirSync(join(root, 'var/lib/dpkg/info'), { recursive: true });
  mkdirSync(join(root, 'var/lib/dpkg/updates'));
  writeFileSync(join(root, 'var/lib/dpkg/status'), '');
  const options = rules.map((rule) => `--${rule}`);
  run('dpkg', [
    ...[`--root=${root}`, '--force-not-root', '--force-bad-path', '--log=/dev/null', ...options],
    ...['--unpack', join(folder, 'app.deb')],
  ]);
  const unpacked = pathsOf(root).filter((path) => !path.startsWith('var'));
  return { all, unpacked: unpacked.map((path) => path.replace(/\.dpkg-new$/, '')) };
}

describe('contentRules and pathFilter', () => {
  it.each(CASES)('leave out what dpkg leaves out: %j', (content) => {
    if (!existsSync('/usr/bin/dpkg-deb')) return;
    const rules = contentRules(content);
    const { all, unpacked } = unpackedByDpkg(rules);
    const isLeftOut = pathFilter(rules);
    const typeOf = (path: string) =>
      TREE.includes(path) ? 'file' : path.endsWith('/other') ? 'symlink' : 'directory';
    expect(all.filter((path) => !isLeftOut({ path, type: typeOf(path) }))).toEqual(unpacked);
  });

  it.each([
    [{ documentation: true }, TREE],
    [{ documentation: false }, TREE.filter((path) => !/doc\/app\/(ch|ex)|info|lintian|man/.test(path))],
    [{ documentation: true, languages: ['de'] }, TREE.filter((path) => !/\/(fr|den)\//.test(path))],
    [{ documentation: true, languages: [] }, TREE.filter((path) => !/\/(fr|de.*)\//.test(path))],
  ])('%j leaves what is meant', (content, expected) => {
    const isLeftOut = pathFilter(contentRules(content));
    expect(TREE.filter((path) => !isLeftOut({ path, type: 'file' }))).toEqual(expected);
  });
});
