import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
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
