import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseParagraphs } from './deb822.js';
import { DebIndex } from './packages-index.js';
import { decodePackagesTable, encodePackagesTable, readPackagesTable } from './packages-table.js';
import type { DebPackage } from './stanza.js';

const FIELDS = {
  depends: 'Depends',
  preDepends: 'Pre-Depends',
  recommends: 'Recommends',
  conflicts: 'Conflicts',
  breaks: 'Breaks',
  provides: 'Provides',
  replaces: 'Replaces',
  source: 'Source',
} as const;
const ORIGIN = { repository: 'debian', suite: 'stable' };

const name = fc.stringMatching(/^[a-e][a-c]?$/);
const value = fc.stringMatching(/^[a-c(=1:][ ,|a-c(=1):\u00e9]{0,12}[a-c)]$/);
const lines = fc.array(value, { minLength: 1, maxLength: 3 }).map((parts) => parts.join('\n '));
const fields = fc.dictionary(
  fc.constantFrom(...Object.values(FIELDS), 'Description', 'Tag', 'MD5sum', 'pre-depends-not', 'essential'),
  lines,
);
const base = fc.constantFrom('', 'Essential: yes\n', 'Priority: required\n', 'Priority: optional\n');
const stanza = fc.tuple(name, fields, base).map(([name, fields, base]) => {
  const rest = Object.entries(fields).map(([field, value]) => `${field}: ${value}\n`);
  return `Package: ${name}\n${base}${base.startsWith('Essential') ? rest.filter((line) => !line.startsWith('essential')).join('') : rest.join('')}`;
});
const files = fc.tuple(fc.array(stanza, { maxLength: 8 }), fc.boolean()).map(([stanzas, isCut]) => {
  const text = stanzas.join('\n');
  return isCut ? text.slice(0, -1) : text;
});

const textsOf = (pkg: DebPackage) =>
  Object.fromEntries(Object.keys(FIELDS).map((field) => [field, pkg[field as keyof typeof FIELDS]]));

describe('a table of a Packages file', () => {
  it('says of every package what the file says, fresh and as it is kept', () => {
    fc.assert(
      fc.property(files, (text) => {
        const fresh = readPackagesTable(Buffer.from(text), ORIGIN);
        const kept = decodePackagesTable(encodePackagesTable(fresh));
        const paragraphs = parseParagraphs(text, (line, reason) => new Error(`${line}: ${reason}`));
        for (const table of [fresh, kept]) {
          if (table === undefined) throw new Error('it is not read back');
          const index = new DebIndex([{ ...ORIGIN, priority: 500, table }]);
          const packages = [...index.all()];
          expect(packages.map((pkg) => pkg.name)).toEqual(paragraphs.map((one) => one.get('Package')));
          for (const [row, pkg] of packages.entries()) {
            const said = Object.entries(FIELDS).map(([key, field]) => [
              key,
              paragraphs[row]?.get(field)?.replace(/\n/g, ' ').replace(/\s+/g, ' '),
            ]);
            const ours = Object.entries(textsOf(pkg)).map(([key, text]) => [key, text?.replace(/\s+/g, ' ')]);
            expect(ours).toEqual(said);
            expect(index.packagesNamed(pkg.name)).toContain(pkg);
            for (const provided of (pkg.provides ?? '').matchAll(/(?:^|,)\s*([^\s(:,]+)/g)) {
              expect(index.providersOf(provided[1] ?? '')).toContain(pkg);
            }
          }
          const required = packages.filter((pkg) => pkg.essential || pkg.importance === 'required');
          expect([...index.basePackages()]).toEqual(required);
        }
      }),
    );
  });

  it('is a part of the file: only the fields that count are in it', () => {
    const text = 'Package: a\nVersion: 1\nDescription: long\n text\nTag: x\nsize: 3\nDepends:\n b,\n\tc \n';
    const values = ['1', '', '', '3', '', '', '', '', 'b, \tc', '', '', '', '', '', '', '', ''];
    expect(readPackagesTable(Buffer.from(text), ORIGIN).text.toString()).toBe(`${values.join('\n')}\n`);
  });
});
