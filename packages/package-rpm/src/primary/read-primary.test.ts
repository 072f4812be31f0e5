import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RpmPackagesIndex } from '../packages-index.js';
import type { RpmPackage } from '../rpm-package.js';
import { packageXml, primaryXml } from '../testing/repodata.js';
import { decodeTable, encodeTable, type PackageTable } from './package-table.js';
import { readPrimary } from './read-primary.js';
import { XmlDamage } from './xml-tags.js';

const repository = {
  ...{ name: 'test', url: 'https://example.org/repo', suites: [], components: [], keySources: [] },
  ...{ fingerprints: [], trusted: false, signedIndex: true, priority: 500 },
};
const indexOf = (table: PackageTable) =>
  new RpmPackagesIndex([{ repository, table, findOwners: async () => new Map() }]);
const packagesOf = (xml: string): RpmPackage[] => [...indexOf(readPrimary(Buffer.from(xml))).all()];
const inDocument = (content: string) =>
  `<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm">${content}</metadata>`;
const withFormat = (format: string) => packagesOf(primaryXml([{ name: 'one', format }]))[0];

describe('readPrimary', () => {
  it('reads what createrepo writes', () => {
    const format = `<rpm:provides>
      <rpm:entry name="one" flags="EQ" epoch="2" ver="1.0" rel="3"/>
      <rpm:entry name="libone.so.1()(64bit)"/>
    </rpm:provides>
    <rpm:requires>
      <rpm:entry name="/bin/sh" pre="1"/>
      <rpm:entry name="(two if three)"/>
      <rpm:entry name="four" flags="GE" epoch="0" ver="4"/>
    </rpm:requires>
    <rpm:conflicts><rpm:entry name="five" flags="LT" epoch="0" ver="5" rel="5"/></rpm:conflicts>
    <rpm:obsoletes><rpm:entry name="six" flags="LE" epoch="0" ver="6"/></rpm:obsoletes>
    <rpm:recommends><rpm:entry name="seven"/></rpm:recommends>
    <rpm:suggests><rpm:entry name="eight"/></rpm:suggests>
    <rpm:supplements><rpm:entry name="nine" flags="GT" epoch="1" ver="9"/></rpm:supplements>
    <rpm:enhances><rpm:entry name="ten"/></rpm:enhances>
    <file>/usr/bin/one</file>
    <file type="dir">/etc/one</file>
    <file type="ghost">/etc/one/ghost</file>`;
    const table = readPrimary(Buffer.from(primaryXml([{ name: 'one', epoch: '2', release: '3', format }])));
    const index = indexOf(table);
    const [pkg] = index.packagesNamed('one');
    expect({ ...facts(pkg), owners: index.ownersOf('/etc/one/ghost').map(({ name }) => name) }).toEqual({
      name: 'one',
      evr: { epoch: 2, version: '1.0', release: '3' },
      version: '2:1.0-3',
      architecture: 'x86_64',
      repository: 'test',
      priority: 500,
      location: 'Packages/one-1.0-3.x86_64.rpm',
      size: 1000,
      installedSize: 2000,
      sha256: 'a'.repeat(64),
      fileTime: 1700000000,
      sourceRpm: 'one-1.0-3.src.rpm',
      provides: [
        { name: 'one', operator: '=', evr: { epoch: 2, version: '1.0', release: '3' } },
        { name: 'libone.so.1()(64bit)' },
      ],
      requires: [
        { name: '/bin/sh', pre: true },
        { name: '(two if three)' },
        { name: 'four', operator: '>=', evr: { epoch: 0, version: '4', release: undefined } },
      ],
      conflicts: [{ name: 'five', operator: '<', evr: { epoch: 0, version: '5', release: '5' } }],
      obsoletes: [{ name: 'six', operator: '<=', evr: { epoch: 0, version: '6', release: undefined } }],
      recommends: [{ name: 'seven' }],
      suggests: [{ name: 'eight' }],
      supplements: [{ name: 'nine', operator: '>', evr: { epoch: 1, version: '9', release: undefined } }],
      enhances: [{ name: 'ten' }],
      owners: ['one'],
    });
    expect(index.supplementing()).toEqual([pkg]);
  });

  interface Tolerated {
    readonly title: string;
    readonly format: string;
    readonly requires: readonly object[];
  }
  const four = { name: 'four', operator: '>=', evr: { epoch: 0, version: '4', release: '1' } };
  const tolerated: Tolerated[] = [
    {
      title: 'attributes in another order and other quotes',
      format: `<rpm:requires><rpm:entry rel='1' ver = "4" epoch='0'  flags="GE"\n name='four' /></rpm:requires>`,
      requires: [four],
    },
    {
      title: 'another prefix, end tags, and no white space',
      format: '<x:requires><x:entry name="four" flags="GE" ver="4" rel="1"></x:entry></x:requires>',
      requires: [four],
    },
    {
      title: 'no prefix',
      format: '<requires><entry name="four" flags="GE" ver="4" rel="1"/></requires>',
      requires: [four],
    },
    {
      title: 'character references',
      format: '<rpm:requires><rpm:entry name="a&lt;b&amp;&quot;&#65;&#x42;&apos;&gt;"/></rpm:requires>',
      requires: [{ name: `a<b&"AB'>` }],
    },
    {
      title: 'a > in an attribute',
      format: '<rpm:requires><rpm:entry name="(a >= 1 if b)"/></rpm:requires>',
      requires: [{ name: '(a >= 1 if b)' }],
    },
    {
      title: 'comments, CDATA and instructions between',
      format:
        '<!-- <rpm:requires> --><rpm:requires><!-- - --><rpm:entry name="a"/><?x y?><![CDATA[</rpm:requires>]]><rpm:entry name="b"/></rpm:requires>',
      requires: [{ name: 'a' }, { name: 'b' }],
    },
    {
      title: 'elements that nobody knows',
      format:
        '<new><requires><entry name="x"/></requires></new><rpm:requires><new a="/>"><b/></new><rpm:entry name="a" new="1"/></rpm:requires>',
      requires: [{ name: 'a' }],
    },
    { title: 'an empty list', format: '<rpm:requires/>', requires: [] },
    { title: 'an empty list with an end tag', format: '<rpm:requires>\n</rpm:requires>', requires: [] },
    {
      title: 'a version without an operator, and the other way round',
      format: '<rpm:requires><rpm:entry name="a" ver="1"/><rpm:entry name="b" flags="EQ"/></rpm:requires>',
      requires: [{ name: 'a' }, { name: 'b' }],
    },
    {
      title: 'the same tag again and again',
      format: `<rpm:requires>${'<rpm:entry name="a"/>'.repeat(3)}</rpm:requires>`,
      requires: [{ name: 'a' }, { name: 'a' }, { name: 'a' }],
    },
  ];
  it.each(tolerated)('$title', ({ format, requires }) => {
    expect(withFormat(format)?.requires).toEqual(requires);
  });

  it('text with references, comments and CDATA', () => {
    const xml = primaryXml([{ name: 'o<!-- x --><![CDATA[n]]>&#101;' }]);
    expect(packagesOf(xml)[0]?.name).toBe('one');
  });

  it('a byte order mark, a declaration and a comment before it', () => {
    expect(
      packagesOf(`\ufeff<?xml version='1.0'?><!-- - -->${inDocument(packageXml({ name: 'a' }))}`),
    ).toHaveLength(1);
  });

  it.each([
    ['xml:base="https://other.example/x/"', 'p/a b.rpm', 'https://other.example/x/p/a%20b.rpm'],
    ['xml:base="sub"', 'p/a.rpm', 'sub/p/a.rpm'],
    ['xml:base=""', 'p/a.rpm', 'p/a.rpm'],
    ['', './p/a.rpm', 'p/a.rpm'],
  ])('%s %s is at %s', (base, location, expected) => {
    expect(packagesOf(primaryXml([{ name: 'a', base, location }]))[0]?.location).toBe(expected);
  });

  it('takes the slashes off a base, however many there are', () => {
    const slashes = '/'.repeat(200_000);
    const [first, second] = [`https://h.example/x${slashes}`, `https://h.example${slashes}x`];
    const started = performance.now();
    const documents = [first, second].map((base) =>
      primaryXml([{ name: 'a', base: `xml:base="${base}"`, location: 'p' }]),
    );
    const [read, odd] = documents.map((xml) => packagesOf(xml)[0]?.location);
    expect(read).toBe('https://h.example/x/p');
    expect(odd).toBe(`${second}/p`);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.each<[string, keyof RpmPackage, Parameters<typeof packageXml>[0]]>([
    ['a location that leaves', 'location', { name: 'a', location: '../../etc/passwd' }],
    ['a location in a file system', 'location', { name: 'a', location: '/etc/passwd' }],
    ['a file: base', 'location', { name: 'a', base: 'xml:base="file:///etc"', location: 'passwd' }],
    ['an http: base', 'location', { name: 'a', base: 'xml:base="http://h.example"', location: 'a' }],
    ['a base that leaves', 'location', { name: 'a', base: 'xml:base=".."', location: 'a' }],
    ['no location', 'location', { name: 'a', location: '' }],
    ['a checksum by SHA-1', 'sha256', { name: 'a', checksumType: 'sha', checksum: 'b'.repeat(40) }],
    ['half a checksum', 'sha256', { name: 'a', checksum: 'b'.repeat(32) }],
    ['a name with a slash', 'name', { name: 'a/b' }],
    ['an epoch that is no number', 'evr', { name: 'a', epoch: 'x' }],
    ['a version with a dash', 'version', { name: 'a', version: '1-2' }],
  ])('%s is refused when it is looked at', (_title, field, pkg) => {
    const [read, other] = packagesOf(primaryXml([pkg, { name: 'good' }]));
    expect(() => read?.[field]).toThrow(
      expect.objectContaining({ code: field === 'location' ? 'LOCATION_ESCAPES' : 'REPOSITORY_INVALID' }),
    );
    expect(other?.[field]).toBeDefined();
  });

  it.each([
    ['nothing', '', 0, /metadata/],
    ['another document', '<filelists/>', 0, /metadata/],
    ['no end', '<metadata><package>', 10, /ends within/],
    ['the end of another element', '<metadata></package>', 10, /end of package/],
    ['a cut tag', '<metadata><package', 10, /within a tag/],
    ['a cut attribute', '<metadata><package type="rpm>', 10, /within a tag/],
    ['a cut comment', '<metadata><!-- ', 10, /-->/],
    ['no name', inDocument('<package><arch>x</arch></package>'), 103, /without a name/],
    ['a document type', '<!DOCTYPE a [<!ENTITY b "c">]><metadata/>', 0, /document type/],
    ['an unknown reference', inDocument('<package><name>&constructor;</name></package>'), 118, /reference/],
    ['a reference to nothing', inDocument('<package><name>&#0;</name></package>'), 118, /reference/],
    ['half a character', inDocument('<package><name>&#xd800;</name></package>'), 118, /reference/],
    ['another encoding', '<?xml version="1.0" encoding="UTF-16"?><metadata/>', 0, /UTF-16/],
    ['an element in a text', inDocument('<package><name>a<b/></name></package>'), 119, /only text/],
  ])('%s is said with its place', (_title, xml, offset, message) => {
    const refused = expect.objectContaining({ offset, message: expect.stringMatching(message) });
    expect(() => readPrimary(Buffer.from(xml))).toThrow(refused);
  });

  const sample = primaryXml([
    {
      name: 'one',
      format:
        '<rpm:requires><rpm:entry name="a&amp;b" flags="GE" ver="1"/></rpm:requires><file>/bin/x</file>',
    },
    {
      name: 'two',
      base: 'xml:base="https://h.example"',
      format: '<rpm:provides><rpm:entry name="c"/></rpm:provides>',
    },
  ]);
  const pieces = [
    '<',
    '>',
    '"',
    "'",
    '/',
    '&',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '</package>',
    '<package>',
    '\0',
    '',
  ];
  it('any change ends in packages or in a place', () => {
    const change = fc.tuple(fc.nat(sample.length), fc.nat(40), fc.constantFrom(...pieces));
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
        let text = sample;
        for (const [at, length, piece] of changes) text = text.slice(0, at) + piece + text.slice(at + length);
        try {
          for (const pkg of packagesOf(text)) look(pkg);
        } catch (error) {
          if (error instanceof XmlDamage) expect(error.offset).toBeLessThanOrEqual(Buffer.byteLength(text));
          else
            expect(['REPOSITORY_INVALID', 'LOCATION_ESCAPES']).toContain((error as { code?: string }).code);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('reads 40,000 unclosed elements as one error, in no time', () => {
    const started = performance.now();
    expect(() => readPrimary(Buffer.from(inDocument('<a>'.repeat(40_000))))).toThrow(XmlDamage);
    expect(performance.now() - started).toBeLessThan(1000);
  });
});

describe('a stored table', () => {
  const table = readPrimary(
    Buffer.from(primaryXml(Array.from({ length: 300 }, (_, index) => ({ name: `package-${index}` })))),
  );
  const stored = encodeTable(table);

  it('comes back', () => {
    const back = decodeTable(stored);
    expect(back?.count).toBe(300);
    expect([...indexOf(back ?? table).all()].map(facts)).toEqual([...indexOf(table).all()].map(facts));
    expect(indexOf(back ?? table).packagesNamed('package-299')).toHaveLength(1);
    expect(indexOf(back ?? table).packagesNamed('package-300')).toEqual([]);
  });

  it('comes back from bytes that are not aligned', () => {
    const shifted = Buffer.concat([Buffer.alloc(1), stored]).subarray(1);
    expect(decodeTable(shifted)?.count).toBe(300);
  });

  it('is not taken when a bit has changed, when it is cut, or of another format', () => {
    for (const at of [0, 7, 8, 45, 200, stored.length - 1]) {
      const damaged = Buffer.from(stored);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(decodeTable(damaged)).toBeUndefined();
    }
    expect(decodeTable(stored.subarray(0, -8))).toBeUndefined();
    expect(decodeTable(Buffer.alloc(0))).toBeUndefined();
  });
});

/** Reads everything. */
function look(pkg: RpmPackage): void {
  expect(facts(pkg)).toBeDefined();
}

function facts(pkg: RpmPackage | undefined): object {
  if (pkg === undefined) return {};
  const { name, evr, version, architecture, repository, priority, location, size, installedSize } = pkg;
  const { sha256, fileTime, sourceRpm, provides, requires, conflicts, obsoletes } = pkg;
  const { recommends, suggests, supplements, enhances } = pkg;
  return {
    ...{ name, evr, version, architecture, repository, priority, location, size, installedSize },
    ...{ sha256, fileTime, sourceRpm, provides, requires, conflicts, obsoletes },
    ...{ recommends, suggests, supplements, enhances },
  };
}
