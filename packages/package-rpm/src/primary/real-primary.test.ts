import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Dependency, DependencyOperator } from '../dependency.js';
import { RpmPackagesIndex } from '../packages-index.js';
import type { RpmPackage } from '../rpm-package.js';
import {
  hasSharedRepository,
  SHARED_REPOSITORIES,
  type SharedRepository,
  sharedPrimary,
  sharedRepository,
} from '../testing/shared-repository.js';
import { PACKAGE, PACKAGE_WIDTH } from './package-table.js';
import { readPrimary } from './read-primary.js';
import { XmlDamage } from './xml-tags.js';

const names = Object.keys(SHARED_REPOSITORIES) as SharedRepository[];
const BINDINGS = '/usr/lib/python3/dist-packages/createrepo_c/__init__.py';

/** createrepo_c's own reader, a package a line. */
const READER = `
import sys, json, createrepo_c as cr
def lists(p):
    return [[list(d) for d in l] for l in (p.provides, p.requires, p.conflicts, p.obsoletes, p.recommends, p.suggests, p.supplements, p.enhances)]
def show(p):
    location = p.location_href if not p.location_base else p.location_base + '/' + p.location_href
    print(json.dumps([p.name, p.epoch, p.version, p.release, p.arch, location, p.size_package, p.size_installed, p.checksum_type, p.pkgId, p.time_file, p.rpm_sourcerpm, lists(p), sorted(set(f[1] + f[2] for f in p.files))]))
cr.xml_parse_primary(sys.argv[1], pkgcb=show, do_files=True)
`;

const FLAGS: Readonly<Record<DependencyOperator, string>> = {
  '<': 'LT',
  '<=': 'LE',
  '=': 'EQ',
  '>=': 'GE',
  '>': 'GT',
};

type Row = [
  string,
  string,
  string,
  string,
  string,
  string,
  number,
  number,
  string,
  string,
  number,
  string,
  unknown[][][],
  string[],
];

const asCreaterepo = ({ name, operator, evr, pre }: Dependency) =>
  operator === undefined
    ? [name, null, null, null, null, pre === true]
    : [name, FLAGS[operator], String(evr?.epoch), evr?.version, evr?.release ?? null, pre === true];

/** What it says of a dependency without a version differs from reader to reader: none, or flags without a version. */
const normal = ([name, flags, epoch, version, release, pre]: unknown[]) =>
  flags && version
    ? [name, flags, epoch ?? '0', version, release || null, pre]
    : [name, null, null, null, null, pre];

function row(pkg: RpmPackage, files: readonly string[]): Row {
  const { evr } = pkg;
  const { provides, requires, conflicts, obsoletes, recommends, suggests, supplements, enhances } = pkg;
  const lists = [provides, requires, conflicts, obsoletes, recommends, suggests, supplements, enhances];
  return [
    ...([
      pkg.name,
      String(evr.epoch),
      evr.version,
      evr.release ?? '',
      pkg.architecture,
      pkg.location,
    ] as const),
    ...([pkg.size, pkg.installedSize, 'sha256', pkg.sha256, pkg.fileTime, pkg.sourceRpm] as const),
    lists.map((list) => list.map(asCreaterepo)),
    [...files].sort(),
  ];
}

describe.each(names)('%s', (name) => {
  describe.skipIf(!hasSharedRepository(name))('as it really is', () => {
    let folder: string;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'ic-primary-'));
    });
    afterAll(() => rmSync(folder, { recursive: true }));

    it.skipIf(!existsSync(BINDINGS))(
      'every field of every package is what createrepo_c reads',
      { timeout: 60_000 },
      async () => {
        const path = join(folder, 'primary.xml');
        writeFileSync(path, await sharedPrimary(name));
        const lines = execFileSync('/usr/bin/python3', ['-c', READER, path], { maxBuffer: 2 ** 28 })
          .toString('utf8')
          .trimEnd()
          .split('\n');
        const metadata = await sharedRepository(name);
        for (let at = PACKAGE.isModular; at < metadata.table.packages.length; at += PACKAGE_WIDTH) {
          // Modular packages are to be seen here.
          metadata.table.packages[at] = 0;
        }
        const index = new RpmPackagesIndex([metadata]);
        const packages = [...index.all()];
        expect(packages).toHaveLength(lines.length);
        const owned = new Map<RpmPackage, string[]>();
        const theirs = lines.map((line) => JSON.parse(line) as Row);
        for (const path of new Set(theirs.flatMap((read) => read[13]))) {
          for (const pkg of index.ownersOf(path)) owned.set(pkg, [...(owned.get(pkg) ?? []), path]);
        }
        const provided = new Map<string, number>();
        for (const [place, read] of theirs.entries()) {
          read[12] = read[12].map((list) => list.map(normal));
          read[13] = [...read[13]].sort();
          const pkg = packages[place] as RpmPackage;
          const ours = row(pkg, owned.get(pkg) ?? []);
          if (JSON.stringify(ours) !== JSON.stringify(read)) expect(ours).toEqual(read);
          for (const capability of new Set([read[0], ...(read[12][0] ?? []).map(([name]) => String(name))])) {
            provided.set(capability, (provided.get(capability) ?? 0) + 1);
          }
        }
        for (const [capability, count] of provided) {
          if (index.providersOf(capability).length !== count)
            expect([capability, index.providersOf(capability)]).toBe(count);
        }
      },
    );

    it('damaged anywhere it ends in packages or in a place', async () => {
      const whole = await sharedPrimary(name);
      const piece = Buffer.concat([whole.subarray(0, 60_000), Buffer.from('</metadata>')]);
      fc.assert(
        fc.property(
          fc.array(fc.tuple(fc.nat(piece.length - 1), fc.nat(255)), { maxLength: 20 }),
          (changes) => {
            const damaged = Buffer.from(piece);
            for (const [at, byte] of changes) damaged[at] = byte;
            try {
              readPrimary(damaged);
            } catch (error) {
              expect(error).toBeInstanceOf(XmlDamage);
            }
          },
        ),
        { numRuns: 200 },
      );
    });
  });
});
