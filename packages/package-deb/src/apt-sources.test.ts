import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { type AptSource, parseDeb822Sources, parseListSources, readAptSources } from './apt-sources.js';

const at = (url: string, suite: string, ...components: string[]): AptSource => ({ url, suite, components });

it.each<[string, string, AptSource[]]>([
  ['plain', 'deb http://m.example/debian bookworm main', [at('http://m.example/debian', 'bookworm', 'main')]],
  [
    'several components, a slash at the end, odd blanks',
    '  deb\thttps://m.example/debian/  trixie   main\tcontrib ',
    [at('https://m.example/debian', 'trixie', 'main', 'contrib')],
  ],
  [
    'options',
    'deb [arch=amd64,arm64 signed-by=/usr/share/keyrings/a b.gpg] https://m.example x main',
    [at('https://m.example', 'x', 'main')],
  ],
  ['flat', 'deb file:///srv/repo ./', [at('file:///srv/repo', './')]],
  ['a comment', '# deb http://m.example/debian bookworm main', []],
  ['a comment behind', 'deb http://m.example s main # not this', [at('http://m.example', 's', 'main')]],
  ['sources', 'deb-src http://m.example/debian bookworm main', []],
  ['half a line', 'deb http://m.example/debian', []],
  ['nothing', '', []],
  [
    'two lines with CRLF',
    'deb http://a.example s main\r\ndeb http://b.example s main\r\n',
    [at('http://a.example', 's', 'main'), at('http://b.example', 's', 'main')],
  ],
])('sources.list: %s', (_title, text, expected) => {
  expect(parseListSources(text)).toEqual(expected);
});

it.each<[string, string, AptSource[]]>([
  [
    'one paragraph',
    'Types: deb\nURIs: http://m.example/debian\nSuites: bookworm bookworm-updates\nComponents: main contrib\nSigned-By: /k.gpg\n',
    [
      at('http://m.example/debian', 'bookworm', 'main', 'contrib'),
      at('http://m.example/debian', 'bookworm-updates', 'main', 'contrib'),
    ],
  ],
  [
    'several URIs and types, comments, names in other case, a key within',
    'types: deb-src deb\n# a comment\nuris:\n http://a.example\n http://b.example/\nSuites: s\nComponents: main\nSigned-By:\n -----BEGIN PGP PUBLIC KEY BLOCK-----\n .\n mDMEY\n',
    [at('http://a.example', 's', 'main'), at('http://b.example', 's', 'main')],
  ],
  ['switched off', 'Enabled: No\nTypes: deb\nURIs: http://m.example\nSuites: s\nComponents: main\n', []],
  ['sources only', 'Types: deb-src\nURIs: http://m.example\nSuites: s\nComponents: main\n', []],
])('.sources: %s', (_title, text, expected) => {
  expect(parseDeb822Sources(text)).toEqual(expected);
});

let root: string;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'ic-apt-'));
  await mkdir(join(root, 'etc/apt/sources.list.d'), { recursive: true });
});
afterEach(() => rm(root, { recursive: true, force: true }));

it('reads all files of a root, and what is broken counts as empty', async () => {
  await writeFile(join(root, 'etc/apt/sources.list'), 'deb http://main.example s main\n');
  const folder = join(root, 'etc/apt/sources.list.d');
  await writeFile(join(folder, 'b.list'), 'deb http://b.example s main\n');
  await writeFile(
    join(folder, 'a.sources'),
    'Types: deb\nURIs: http://a.example\nSuites: s\nComponents: main\n',
  );
  await writeFile(join(folder, 'broken.sources'), 'Types deb\n');
  await writeFile(join(folder, 'old.list.save'), 'deb http://old.example s main\n');
  expect((await readAptSources(root)).map((source) => source.url)).toEqual([
    'http://main.example',
    'http://a.example',
    'http://b.example',
  ]);
  expect(await readAptSources(join(root, 'nowhere'))).toEqual([]);
});
