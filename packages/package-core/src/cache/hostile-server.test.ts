import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFetcher, defaultContext } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import type { PackageRef, Repository } from '../contract.js';
import { PackageError } from '../errors.js';
import { startHostileServer } from '../testing/hostile-server.js';
import { fetchPackages } from './fetch-packages.js';
import { openPackageCache } from './package-cache.js';

const SEEDS = process.env.IC_TEST_FULL === '1' ? 30 : 1;
const COUNT = 200;

/** From 1 to 64 KiB, the same for the same path. */
function fileAt(path: string): Buffer {
  const seed = createHash('sha256').update(path).digest();
  return Buffer.alloc(1024 + (seed.readUInt16BE(0) % 64_512), seed);
}

const packages = Array.from({ length: COUNT }, (_, index): PackageRef => {
  const bytes = fileAt(`/pool/p${index}.deb`);
  return {
    ...{ name: `p${index}`, version: '1', architecture: 'all', repository: 'main', installedSize: 0 },
    ...{ location: `pool/p${index}.deb`, size: bytes.length },
    sha256: createHash('sha256').update(bytes).digest('hex'),
  };
});

describe('fetchPackages, of a server that drops, cuts, stalls, corrupts and is busy', () => {
  it.each(Array.from({ length: SEEDS }, (_, seed) => seed))(
    'ends with every byte right or names what is missing: seed %i',
    async (seed) => {
      const folder = mkdtempSync(join(tmpdir(), 'ic-hostile-'));
      const server = await startHostileServer(seed, fileAt);
      const fetcher = createFetcher({ retries: 4, backoff: 5, idleTimeout: 200 });
      const repository: Repository = {
        ...{ name: 'main', url: server.url, suites: [], components: [], keySources: [], fingerprints: [] },
        ...{ trusted: false, signedIndex: true, priority: 500 },
      };
      /** A run of its own, as of another process: nothing but the folder is known to it. */
      const run = async (): Promise<string[]> => {
        const options = { cache: openPackageCache(folder), fetcher, offline: false };
        try {
          const fetched = await fetchPackages(packages, [repository], {
            ...options,
            context: defaultContext(),
          });
          const wrong = fetched.filter(
            ({ name, path }) => !readFileSync(path).equals(fileAt(`/pool/${name}.deb`)),
          );
          expect(wrong).toEqual([]);
          return [];
        } catch (error) {
          if (!(error instanceof PackageError)) throw error;
          const { missing } = error.details as { missing?: readonly { package: string }[] };
          return missing === undefined ? [String(error.details.package)] : missing.map((one) => one.package);
        }
      };
      try {
        let missing: string[] = [];
        for (let runs = 0; runs === 0 || missing.length > 0; runs += 1) {
          expect(runs).toBeLessThan(10);
          missing = await run();
          const cache = openPackageCache(folder);
          const found = await Promise.all(packages.map((ref) => cache.find(ref)));
          const absent = packages.filter((_, index) => found[index] === undefined);
          expect(missing.sort()).toEqual(absent.map(({ name }) => name).sort());
          expect(readdirSync(join(folder, 'partial'))).toEqual([]);
        }
        // It did what it is here for.
        expect([...server.deeds.keys()].sort()).toEqual(
          ['429', '500', '503', 'corrupt', 'cut', 'drop', 'serve', 'stall'].sort(),
        );
      } finally {
        fetcher.close();
        await server.close();
        rmSync(folder, { recursive: true });
      }
    },
    60_000,
  );
});
