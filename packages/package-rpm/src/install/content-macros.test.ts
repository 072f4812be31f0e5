import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { contentMacros, writeMacros } from './content-macros.js';

it.each([
  [undefined, {}],
  [{ documentation: true }, {}],
  [{ documentation: false }, { _excludedocs: '1' }],
  [{ documentation: true, languages: [] }, { _install_langs: 'C:en' }],
  [
    { documentation: false, languages: ['de', 'pt_BR'] },
    { _excludedocs: '1', _install_langs: 'C:en:de:pt_BR' },
  ],
])('%j is %j to rpm', (content, macros) => {
  expect(contentMacros(content)).toEqual(macros);
});

it('stay in the image where there are any', () => {
  const root = mkdtempSync(join(tmpdir(), 'ic-macros-'));
  onTestFinished(() => rmSync(root, { recursive: true }));
  writeMacros(root, {});
  expect(readdirSync(root)).toEqual([]);
  writeMacros(root, { _excludedocs: '1', _install_langs: 'C:de' });
  expect(readFileSync(join(root, 'etc/rpm/macros.image-composer'), 'utf8')).toBe(
    '%_excludedocs 1\n%_install_langs C:de\n',
  );
});

const hasRpm = ['rpm', 'rpmbuild'].every((name) => spawnSync('which', [name]).status === 0);

const SPEC = `Name: app
Version: 1
Release: 1
Summary: test
License: none
BuildArch: noarch
%description
test
%install
for path in doc/app/README licenses/app/LICENSE locale/de/app.mo locale/fr/app.mo; do
  install -D /dev/null %{buildroot}/usr/share/$path
done
%files
%doc /usr/share/doc/app/README
%license /usr/share/licenses/app/LICENSE
%lang(de) /usr/share/locale/de/app.mo
%lang(fr) /usr/share/locale/fr/app.mo
`;

it.skipIf(!hasRpm)('leave out what rpm is to leave out', () => {
  const folder = mkdtempSync(join(tmpdir(), 'ic-macros-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'app.spec'), SPEC);
  const run = (program: string, args: readonly string[]) => {
    const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
    if (status !== 0) throw new Error(`${program}: ${stderr}`);
  };
  const defines = (macros: Record<string, string>) =>
    Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  run('rpmbuild', ['-bb', ...defines({ _topdir: folder, _rpmdir: folder }), join(folder, 'app.spec')]);
  const root = join(folder, 'root');
  mkdirSync(root);
  run('rpm', [
    ...['--root', root, '--dbpath', '/db', '--noplugins', '--nodeps', '--install'],
    ...defines(contentMacros({ documentation: false, languages: ['de'] })),
    join(folder, 'noarch/app-1-1.noarch.rpm'),
  ]);
  const files = readdirSync(join(root, 'usr/share'), { recursive: true, withFileTypes: true });
  expect(files.flatMap((entry) => (entry.isFile() ? [entry.name] : [])).sort()).toEqual([
    'LICENSE',
    'app.mo',
  ]);
  expect(existsSync(join(root, 'usr/share/locale/de/app.mo'))).toBe(true);
});
