import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { compareWithRpm, lackingReaders } from '../testing/compare-with-rpm.js';
import { readPayload, readPayloadFiles } from './payload.js';
import { readRpm } from './rpm-file.js';

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

  it('are read or refused whatever their headers say', async () => {
    const bytes = readFileSync(join(sample, paths.find((path) => path.includes('zram')) ?? ''));
    const good = readRpm(bytes);
    const payload = await readPayload(good);
    const end = bytes.length - good.payload.bytes.length;
    const extremes = fc.oneof(
      fc.constantFrom(0, 1, 0xff, 0xffff, 0x7fffffff, 0x80000000, 0xffffffff),
      fc.nat(),
    );
    const change = fc.tuple(fc.nat(Math.floor(end / 4) - 1), extremes);
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => {
        const damaged = Buffer.from(bytes);
        for (const [word, value] of changes) damaged.writeUInt32BE(value, word * 4);
        try {
          return [...readPayloadFiles(readRpm(damaged), payload)].length > 0;
        } catch (error) {
          return /^(PACKAGE_INVALID|MEMBER_ESCAPES|DECOMPRESSION_LIMIT)$/.test(
            (error as { code?: string }).code ?? '',
          );
        }
      }),
      { numRuns: 1000 },
    );
  });
});
