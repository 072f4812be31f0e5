import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defaultContext, writeCpio } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { has } from '../imagedisk/disk.test.fixture.js';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { compressInitramfs } from './compress-initramfs.js';

const early = writeCpio([{ path: 'kernel/x86/microcode/a.bin', mode: 0o100644, data: Buffer.from('code') }]);
const main = writeCpio([{ path: 'init', mode: 0o100755, data: Buffer.alloc(100_000, 'x') }]);
const behind = Buffer.from('behind');

async function compressed(content: Buffer): Promise<Buffer> {
  const folder = makeTree();
  const path = join(folder, 'initrd');
  writeFileSync(path, content, { mode: 0o600 });
  await compressInitramfs(path, defaultContext());
  expect(readdirSync(folder)).toEqual(['initrd']);
  expect(statSync(path).mode & 0o777).toBe(0o600);
  return readFileSync(path);
}

describe.skipIf(!has('zstd'))('compressInitramfs', () => {
  it('compresses the archives between the early one and what is none', async () => {
    const result = await compressed(Buffer.concat([early, main, main, behind]));
    expect(result.subarray(0, early.length)).toEqual(early);
    expect(result.subarray(-behind.length)).toEqual(behind);
    const packed = result.subarray(early.length, -behind.length);
    expect(packed.length).toBeLessThan(2000);
    const unpacked = execFileSync('zstd', ['-dqc'], { input: packed });
    expect(unpacked.equals(Buffer.concat([main, main]))).toBe(true);
  });

  it('leaves what is compressed', async () => {
    const gzip = Buffer.concat([early, Buffer.from([0x1f, 0x8b, 8, 0])]);
    expect(await compressed(gzip)).toEqual(gzip);
  });
});
