/** The text formats of the rpm family: repodata, mirror lists, dependencies, versions. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { overlaps } from '../src/dependency.js';
import { compareEvrs, compareVersions, formatEvr, parseEvr } from '../src/evr.js';
import { parseMetalink, parseMirrorList } from '../src/metadata/mirror-list.js';
import { readModularArtifacts } from '../src/metadata/modules.js';
import { ownersOf } from '../src/metadata/read-owners.js';
import { parseRepomd } from '../src/metadata/repomd.js';
import { RpmPackagesIndex } from '../src/packages-index.js';
import { decodeTable, encodeTable } from '../src/primary/package-table.js';
import { readPrimary } from '../src/primary/read-primary.js';
import { XmlDamage } from '../src/primary/xml-tags.js';
import { parseRichDependency } from '../src/rich-dependency.js';
import type { RpmPackage } from '../src/rpm-package.js';
import { rpmPackageUrl } from '../src/rpm-package-url.js';
import { addRepodata, type Files, primaryXml } from '../src/testing/repodata.js';
import {
  hasSharedRepository,
  SHARED_REPOSITORIES,
  sharedFilelists,
  sharedModules,
  sharedPrimary,
} from '../src/testing/shared-repository.js';

const sample = (arbitrary: fc.Arbitrary<string>) => (seed: number) =>
  Buffer.from(fc.sample(arbitrary, { seed, numRuns: 1 }).join(''));
const text = (value: string) => Buffer.from(value);

/** Real metadata beside the checkout; without it, what tests write. */
const hasReal = hasSharedRepository('baseos') && hasSharedRepository('appstream');

const FORMAT = `<rpm:provides><rpm:entry name="a" flags="EQ" epoch="0" ver="1.0" rel="1"/></rpm:provides>
<rpm:requires><rpm:entry name="libc.so.6()(64bit)"/><rpm:entry name="/bin/sh" pre="1"/>
<rpm:entry name="(b if c &gt;= 2)"/></rpm:requires>
<rpm:obsoletes><rpm:entry name="b" flags="LT" ver="2"/></rpm:obsoletes><file>/usr/bin/a</file><file type="dir">/etc/&amp;</file>`;
const primaryText = primaryXml([
  { name: 'a', format: FORMAT },
  { name: 'b', epoch: '2', base: 'xml:base="https://x.example/y"' },
]);
const files: Files = new Map();
addRepodata(files, [
  { type: 'primary', text: primaryText },
  { type: 'filelists', text: '<filelists/>' },
  { type: 'modules', text: '---\n' },
]);
const repomdText = files.get('repodata/repomd.xml') ?? Buffer.alloc(0);

const XML_WORDS = [
  ...[
    '<',
    '>',
    '/>',
    '</',
    '="',
    "'",
    '&lt;',
    '&#x0;',
    '&#xd800;',
    '&',
    ';',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
  ],
  ...[
    '<!DOCTYPE x [<!ENTITY a "b">]>',
    '<?xml version="1.0" encoding="utf-16"?>',
    '<?',
    '?>',
    '<a>',
    '</a>',
    '<a:b ',
  ],
  ...[
    'xmlns:x="y" ',
    '__proto__',
    '<__proto__>',
    'constructor',
    '\0',
    ' ',
    '\n',
    '\ufeff',
    '\ud83d',
    '/',
    '..',
  ],
];
const xmlText = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '<data type="primary">',
        '</data>',
        '<checksum type="sha256">',
        '</checksum>',
        '<size>',
        '</size>',
      ),
      fc.constantFrom(
        '<location href="a/b"/>',
        '<metadata>',
        '<package>',
        '<format>',
        '<rpm:entry name="x"/>',
        '<x>',
      ),
      fc.constantFrom(...XML_WORDS),
      fc.string({ maxLength: 10 }),
      fc.constant('a1'.repeat(32)),
    ),
    { maxLength: 30 },
  )
  .map((parts) => parts.join(''));

const repomd: FuzzTarget = {
  name: 'repomd',
  inputs: 50_000,
  seeds: [
    repomdText,
    ...(hasReal
      ? Object.values(SHARED_REPOSITORIES).map((folder) => readFileSync(join(folder, 'repodata/repomd.xml')))
      : []),
  ],
  words: XML_WORDS,
  made: sample(xmlText.map((inner) => `<repomd>${inner}</repomd>`)),
  codes: ['REPOSITORY_INVALID', 'LOCATION_ESCAPES'],
  read(input) {
    const read = parseRepomd(input.toString('utf8'), 'the repomd.xml');
    for (const file of [read.primary, read.filelists, read.modules]) {
      if (file === undefined) continue;
      if (file.path.startsWith('/') || file.path.split('/').includes('..'))
        throw new Error(`the path ${file.path}`);
    }
    return [read, read.date?.toISOString()];
  },
  nanosecondsPerByte: 5_000,
};

const GETTERS = [
  ...['name', 'evr', 'version', 'architecture', 'location', 'size', 'installedSize', 'sha256', 'fileTime'],
  ...[
    'sourceRpm',
    'provides',
    'requires',
    'conflicts',
    'obsoletes',
    'recommends',
    'suggests',
    'supplements',
    'enhances',
  ],
] as (keyof RpmPackage)[];

/** The value of a getter, or the code with which it refuses. */
function got(pkg: RpmPackage, getter: keyof RpmPackage): unknown {
  try {
    return pkg[getter];
  } catch (error) {
    if (error instanceof PackageError && error.code === 'REPOSITORY_INVALID') return error.code;
    throw error;
  }
}

const repository = {
  ...{ name: 'test', url: 'https://example.org/repo', suites: [], components: [], keySources: [] },
  ...{ fingerprints: [], trusted: false, signedIndex: true, priority: 500 },
};

/** The first packages of a real document, as a document. */
async function realPrimary(name: keyof typeof SHARED_REPOSITORIES, count: number): Promise<Buffer> {
  const whole = await sharedPrimary(name);
  let end = 0;
  for (let left = count; left > 0; left -= 1) end = whole.indexOf('</package>', end) + '</package>'.length;
  return Buffer.concat([whole.subarray(0, end), text('</metadata>')]);
}

const primary: FuzzTarget = {
  name: 'primary',
  inputs: 70_000,
  seeds: [
    text(primaryText),
    ...(hasReal ? await Promise.all([realPrimary('azl3-sample', 2), realPrimary('appstream', 1)]) : []),
  ],
  words: [
    ...XML_WORDS,
    '<rpm:entry name="',
    '<package>',
    '</package>',
    '<file>',
    ' flags="EQ"',
    ' ver="',
    '<format>',
  ],
  made: sample(xmlText.map((inner) => `<metadata>${inner}</metadata>`)),
  codes: ['LOCATION_ESCAPES'],
  read(input) {
    let table: ReturnType<typeof readPrimary>;
    try {
      table = readPrimary(input);
    } catch (error) {
      if (error instanceof XmlDamage) return [error.offset, error.message];
      throw error;
    }
    const kept = decodeTable(encodeTable(table)) ?? table;
    const findOwners = async () => new Map();
    const index = new RpmPackagesIndex([{ repository, table: kept, findOwners }]);
    return Array.from(index.all(), (pkg, row) => {
      // A refusal costs an error with its stack each time.
      if (row >= 100) return got(pkg, 'name');
      const values = GETTERS.map((getter) => got(pkg, getter));
      const isOdd = values[0] === 'REPOSITORY_INVALID';
      if (row < 10 && !isOdd && !index.packagesNamed(pkg.name).includes(pkg))
        throw new Error('it is not found');
      const location = String(values[4]);
      if (location !== 'REPOSITORY_INVALID') {
        const url = new URL(rpmPackageUrl({ location }, repository));
        if (url.protocol !== 'https:') throw new Error(`it leads to ${url}`);
      }
      return values;
    });
  },
  nanosecondsPerByte: 5_000,
};

const filelistsText = `<filelists><package pkgid="${'a1'.repeat(32)}" name="a" arch="x"><version epoch="0" ver="1" rel="1"/>
<file>/usr/bin/a</file><file type="dir">/etc/&amp;</file></package><package pkgid='${'b2'.repeat(32)}'><file>/usr/bin/a</file></package></filelists>`;

const filelists: FuzzTarget = {
  name: 'filelists',
  inputs: 50_000,
  seeds: [
    text(filelistsText),
    ...(hasReal ? [(await sharedFilelists('azl3-sample')).subarray(0, 8_000)] : []),
  ],
  words: [...XML_WORDS, '<package ', 'pkgid="', '>/usr/bin/a</file>', '<file>'],
  codes: [],
  read: (input) => [ownersOf(input, '/usr/bin/a'), ownersOf(input, '/etc/&')],
};

const modulesText = `---
document: modulemd
data:
  artifacts:
    rpms:
    - nodejs-1:18.1.0-1.module_el9.x86_64
    - npm-0:8-1.noarch
...
`;

const modules: FuzzTarget = {
  name: 'modules',
  inputs: 40_000,
  seeds: [text(modulesText), ...(hasReal ? [text((await sharedModules('appstream')).slice(0, 8_000))] : [])],
  words: [
    'artifacts:',
    '  artifacts:\n',
    '- ',
    '-0:',
    '-1',
    ':',
    '-',
    '\n',
    '    ',
    '[',
    ']',
    ',',
    '"',
    'a-1:1',
  ],
  codes: [],
  read: (input) => readModularArtifacts(input.toString('utf8')),
};

const mirrorList: FuzzTarget = {
  name: 'mirror list',
  inputs: 30_000,
  seeds: [text('# repo\nhttps://a.example/x/\nhttp://b.example/y//\n\nfile:///etc\n')],
  words: ['\n', '\r\n', '/', '//', '#', 'https://', ' ', '\0'],
  codes: [],
  read: (input) => parseMirrorList(input.toString('utf8')),
};

const metalinkText = `<?xml version="1.0"?>
<metalink version="3.0" xmlns:mm0="http://fedorahosted.org/mirrormanager"><files><file name="repomd.xml">
<mm0:alternates><mm0:alternate><verification><hash type="sha256">${'b2'.repeat(32)}</hash></verification></mm0:alternate></mm0:alternates>
<verification><hash type="sha512">${'a1'.repeat(64)}</hash><hash type="md5">x</hash></verification>
<resources><url protocol="https" preference="99">https://a.example/repodata/repomd.xml</url>
<url preference="1e999">https://b.example/repodata/repomd.xml</url></resources></file></files></metalink>`;

const metalink: FuzzTarget = {
  name: 'metalink',
  inputs: 40_000,
  seeds: [text(metalinkText)],
  words: [...XML_WORDS, '<file name="repomd.xml">', '<url>', '<url priority="-1">', '/repodata/repomd.xml'],
  made: sample(xmlText.map((inner) => `<metalink><file name="repomd.xml">${inner}</file></metalink>`)),
  codes: ['REPOSITORY_INVALID'],
  read: (input) =>
    parseMetalink(input.toString('utf8'), (reason) => new PackageError('REPOSITORY_INVALID', reason)),
  nanosecondsPerByte: 5_000,
};

const richText = fc
  .array(
    fc.constantFrom(
      '(',
      ')',
      'a',
      'b',
      'and',
      'or',
      'if',
      'unless',
      'else',
      'with',
      'without',
      '>=',
      '1',
      'c()(x)',
    ),
    {
      maxLength: 30,
    },
  )
  .map((words) => `(${words.join(' ')})`);

const rich: FuzzTarget = {
  name: 'rich dependencies',
  inputs: 50_000,
  seeds: [
    '(a if b >= 2 else (c or d))',
    '((x with y < 3) or libc.so.6()(64bit))',
    '(a and b and c without d)',
  ].map(text),
  words: [
    '(',
    ')',
    '((',
    '))',
    ' and ',
    ' or ',
    ' if ',
    ' unless ',
    ' else ',
    ' with ',
    ' without ',
    ' >= ',
    ',',
    '((',
  ],
  made: sample(richText),
  codes: ['REPOSITORY_INVALID'],
  read: (input) => parseRichDependency(input.toString('utf8')),
};

const versions: FuzzTarget = {
  name: 'EVRs',
  inputs: 60_000,
  seeds: [
    '1:2.36-9.el9\n2.36-9\n0:2.36~rc1-9^git',
    '1.0\n1.0-0\n00001.0',
    '99999999999999999999:1\n:1\n-1:1',
  ].map(text),
  words: ['~', '^', ':', '-', '+', '0', '00', 'a', '.', '\n', '9999999999999999:', '_'],
  made: sample(fc.array(fc.string({ unit: fc.constantFrom(...'01a~^:-+.') })).map((list) => list.join('\n'))),
  codes: [],
  read(input) {
    const [first = '', second = '', third = ''] = input.toString('utf8').split('\n');
    const [a, b, c] = [parseEvr(first), parseEvr(second), parseEvr(third)] as const;
    const [ab, bc, ac] = [compareEvrs(a, b), compareEvrs(b, c), compareEvrs(a, c)].map(Math.sign);
    if (ab !== -Math.sign(compareEvrs(b, a)) || compareEvrs(a, a) !== 0) throw new Error('no order');
    if (ab === bc && ab !== ac) throw new Error('the order is not transitive');
    if (compareVersions(first, second) !== -compareVersions(second, first))
      throw new Error('no order of versions');
    const [least, most] = [
      { name: 'x', operator: '>=', evr: a } as const,
      { name: 'x', operator: '<=', evr: b } as const,
    ];
    if (overlaps(least, most) !== overlaps(most, least)) throw new Error('it depends on who asks');
    return [ab, bc, ac, formatEvr(a)];
  },
};

const run = fuzzRun(process.env);

it.each([repomd, primary, filelists, modules, mirrorList, metalink, rich, versions])(
  '$name',
  async (target) => {
    console.log(await runFuzz(target, run));
  },
);

it.skipIf(existsSync(SHARED_REPOSITORIES.baseos))('without real metadata beside the checkout', (context) => {
  context.skip('real repodata, of which pieces are mutated too, is not there');
});
