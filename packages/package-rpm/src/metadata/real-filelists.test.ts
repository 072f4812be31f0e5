import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetcher, defaultContext, type Fetcher } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  hasSharedRepository,
  SHARED_REPOSITORIES,
  type SharedRepository,
  sharedFilelists,
} from '../testing/shared-repository.js';
import { readMetadata } from './metadata.js';

const names: readonly SharedRepository[] = ['baseos', 'azl3-sample'];
const BINDINGS = '/usr/lib/python3/dist-packages/createrepo_c/__init__.py';
/** Every hundredth path, and those that XML has to escape, with the packages that createrepo_c finds for it. */
const READER = `
import sys, json, createrepo_c as cr
owners = {}
def take(p):
    for f in p.files:
        owners.setdefault(f[1] + f[2], set()).add(p.pkgId)
cr.xml_parse_filelists(sys.argv[1], pkgcb=take)
chosen = [path for place, path in enumerate(sorted(owners)) if place % 100 == 0 or any(c in path for c in '&<>"')]
print(json.dumps({path: sorted(owners[path]) for path in chosen}))
`;

describe.each(names)('%s', (name) => {
  describe.skipIf(!hasSharedRepository(name) || !existsSync(BINDINGS))('as it really is', () => {
    let folder: string;
    let fetcher: Fetcher;
    beforeAll(() => {
      folder = mkdtempSync(join(tmpdir(), 'ic-filelists-'));
      fetcher = createFetcher();
    });
    afterAll(() => {
      fetcher.close();
      rmSync(folder, { recursive: true });
    });

    it('the owners of files are those that createrepo_c reads', { timeout: 60_000 }, async () => {
      const path = join(folder, 'filelists.xml');
      writeFileSync(path, await sharedFilelists(name));
      const read = execFileSync('/usr/bin/python3', ['-c', READER, path], { maxBuffer: 2 ** 26 });
      const theirs = JSON.parse(read.toString('utf8')) as Record<string, readonly string[]>;
      const repository = {
        ...{ name, url: `file://${SHARED_REPOSITORIES[name]}`, suites: [], components: [], keySources: [] },
        ...{ fingerprints: [], trusted: false, signedIndex: false, priority: 500 },
      };
      const options = { fetcher, cacheDir: folder, offline: false };
      const index = await readMetadata([repository], options, defaultContext());
      const paths = Object.keys(theirs);
      expect(paths.length).toBeGreaterThan(200);
      await index.findOwners(paths);
      for (const path of paths) {
        expect([
          path,
          index
            .ownersOf(path)
            .map(({ sha256 }) => sha256)
            .sort(),
        ]).toEqual([path, theirs[path]]);
      }
    });
  });
});
