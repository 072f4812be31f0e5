import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll } from 'vitest';
import { type Composer, startComposer } from '../src/composer.js';
import { type RpmDistribution, rpmDistribution } from '../src/rpm-distribution/rpm-distribution.js';

/** Whether the tests for the night run, too: `npm run test:full`. */
export const IS_FULL = process.env.IC_TEST_FULL === '1';

/** As the end of a title, why tests for the night are skipped: what the machine lacks, or because it is day; empty when they run. */
export function unlessFull(lacking: string): string {
  return IS_FULL ? lacking : ' (skipped: IC_TEST_FULL=1 switches it on)';
}

/** What the stand-in of an rpm distribution is made and looked at with. */
export const RPM_PACKAGES = ['gpg', 'gpg-agent', 'rpm', 'createrepo-c', 'dpkg-dev'];

/** What the tests of a file or of one `describe` stand on; only they may read it, and their hooks. */
export interface Stage {
  readonly composer: Composer;
  /** Theirs alone; gone after them. */
  readonly folder: string;
}

/** Sets a stage for the tests around the call, unless they are skipped. */
export function setStage(name: string, skipped: string): Stage {
  let set: Stage | undefined;
  beforeAll(async () => {
    if (skipped !== '') return;
    const composer = await startComposer();
    set = { composer, folder: await mkdtemp(join(tmpdir(), `ic-${name}-`)) };
  });
  afterAll(async () => {
    await set?.composer.close();
    if (set !== undefined) await rm(set.folder, { recursive: true, force: true });
  });
  return {
    get composer() {
      return present(set).composer;
    },
    get folder() {
      return present(set).folder;
    },
  };
}

/** The stand-in of the rpm distributions on the mirror of a stage. */
export function setRpmDistribution(stage: Stage, skipped: string): () => RpmDistribution {
  let distribution: RpmDistribution | undefined;
  beforeAll(async () => {
    if (skipped === '') distribution = await rpmDistribution(stage.composer);
  }, 900_000);
  return () => present(distribution);
}

function present<T>(value: T | undefined): T {
  if (value === undefined) throw new Error('the stage is not set: this runs outside of its tests');
  return value;
}
