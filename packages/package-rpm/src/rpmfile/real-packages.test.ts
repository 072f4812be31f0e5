import { existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithRpm, lackingReaders } from '../testing/compare-with-rpm.js';

/** Real packages of Azure Linux 3 beside the checkout; see the README there. */
const data = process.env.IC_SHARED_DATA ?? join(import.meta.dirname, '../../../../../shared/data');
const sample = join(data, 'azl3-sample/packages');
const paths = existsSync(sample)
  ? readdirSync(sample, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.rpm'))
  : [];

describe.skipIf(paths.length === 0 || lackingReaders().length > 0)('packages of Azure Linux 3', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'ic-azl3-'));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.each(paths.map((path) => [basename(path), path]))(
    '%s is read and unpacked as by rpm',
    async (name, path) => {
      const { ours, theirs } = await compareWithRpm(join(sample, path), join(folder, name));
      expect(ours.facts).toEqual(theirs.facts);
      expect(ours.tree).toEqual(theirs.tree);
    },
  );
});
