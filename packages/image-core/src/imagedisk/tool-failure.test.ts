import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cancelled, exec, UtilsError } from '@ic/utils';
import { describe, expect, it } from 'vitest';
import { exampleDisk, MIB } from './disk.test.fixture.js';
import { planDisk } from './plan-disk.js';
import { toolFailure, tooSmall } from './tool-failure.js';

const plan = planDisk(exampleDisk(), { seed: 'seed' });
const [esp, root, data] = plan.partitions;
if (esp === undefined || root === undefined || data === undefined)
  throw new Error('the example has three partitions');

const roomy = join(tmpdir(), 'disk.raw');
/** /proc says of itself that it has no free space. */
const full = '/proc/disk.raw';
const failed = (output: string) => new UtilsError('EXEC_FAILED', `tool ended with status 1:\n${output}`);

describe('toolFailure', () => {
  it.each<[tool: string, output: string, image: string, code: string]>([
    [
      'mke2fs, blocks',
      'mke2fs: Could not allocate block in ext2 filesystem while populating file system',
      roomy,
      'DISK_TOO_SMALL',
    ],
    [
      'mke2fs, inodes',
      'mke2fs: Could not allocate inode in ext2 filesystem while populating file system',
      roomy,
      'DISK_TOO_SMALL',
    ],
    ['mcopy', 'Disk full', roomy, 'DISK_TOO_SMALL'],
    ['sload.f2fs', "[reserve_new_block:60] Can't find free block", roomy, 'DISK_TOO_SMALL'],
    ['mkfs.xfs', 'mkfs.xfs: cannot reserve space [28 - No space left on device]', roomy, 'DISK_TOO_SMALL'],
    ['cp', "cp: error writing '/x/y': No space left on device", roomy, 'DISK_TOO_SMALL'],
    [
      'mke2fs, host',
      'mke2fs: No space left on device while writing out and closing file system',
      full,
      'DISK_FULL',
    ],
    [
      'mke2fs, host, short',
      'Attempt to write block to filesystem resulted in short write',
      full,
      'DISK_FULL',
    ],
    ['sync, host', "sync: error syncing '/x': Input/output error", full, 'DISK_FULL'],
    ['anything else', 'mke2fs: Bad magic number in super-block', roomy, 'IMAGE_FAILED'],
    ['an I/O error with room left', 'cp: Input/output error', roomy, 'IMAGE_FAILED'],
  ])('of %s', async (_tool, output, image, code) => {
    const error = await toolFailure(failed(output), { plan, partition: root, image, needed: 50 * MIB });
    expect(error).toMatchObject({
      code,
      hint: expect.any(String),
      message: expect.stringContaining('"root"'),
    });
  });

  it('asks for more than the size that was not enough', async () => {
    const error = failed('Could not allocate block in ext2 filesystem');
    const found = await toolFailure(error, { plan, partition: root, image: roomy, needed: 50 * MIB });
    expect(found).toMatchObject({ details: { needed: 147 * MIB, size: 119 * MIB, partition: 'root' } });
  });

  it('names the other way when there is no loop device', async () => {
    const error = failed('mount: /x: failed to setup loop device for /y.');
    const found = await toolFailure(error, { plan, partition: root, image: roomy, needed: 0 });
    expect(found).toMatchObject({ code: 'IMAGE_FAILED', hint: expect.stringContaining('--assembly direct') });
  });

  it('names the other way when the kernel cannot mount the file system', async () => {
    const error = failed("mount: /x: unknown filesystem type 'f2fs'.");
    const found = await toolFailure(error, { plan, partition: root, image: roomy, needed: 0 });
    const hint = 'this machine\'s kernel has no f2fs: use "--assembly direct"';
    expect(found).toMatchObject({ code: 'IMAGE_FAILED', hint });
  });

  it('leaves other errors as they are', async () => {
    const context = { plan, partition: root, image: roomy, needed: 0 };
    const missing = await exec('ic-no-such-program', []).catch((error: unknown) => error);
    for (const error of [cancelled(), missing, new TypeError('bug')]) {
      expect(await toolFailure(error, context)).toBe(error);
    }
  });
});

describe('tooSmall', () => {
  it('tells how to make room for the last partition', () => {
    expect(tooSmall({ plan, partition: data, needed: 300 * MIB })).toMatchObject({
      message: 'partition "data" has 95 MiB, but its content (/opt) needs 300 MiB',
      hint: expect.stringMatching(/"disk.size" to at least 461MiB .* end at 460MiB/),
    });
  });

  it('tells how to make room before other partitions', () => {
    expect(tooSmall({ plan, partition: esp, needed: 50 * MIB })).toMatchObject({
      hint: expect.stringMatching(
        /end at 51MiB or later, move those behind it by 10 MiB, .* at least 266MiB/,
      ),
    });
  });
});
