import { type FileHandle, open } from 'node:fs/promises';
import { diskFull } from '@ic/utils';
import { ImageError } from '../errors.js';
import { crc32c } from './crc32c.js';

/** What the root folder of a file system shall be; `mke2fs -d` takes only what lies below it. */
export interface RootFolder {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Seconds since 1970. */
  readonly mtime: number;
}

interface Layout {
  readonly blockSize: number;
  readonly inodeSize: number;
  readonly inodesPerGroup: number;
  readonly groups: number;
  readonly descriptorSize: number;
  /** Of inode checksums; undefined without metadata_csum. */
  readonly seed: number | undefined;
}

const SUPERBLOCK_AT = 1024;
const MAGIC = 0xef53;
const ROOT_INODE = 2;
const INCOMPAT_META_BG = 0x10;
const INCOMPAT_64BIT = 0x80;
const INCOMPAT_CHECKSUM_SEED = 0x2000;
const RO_COMPAT_METADATA_CSUM = 0x400;
const GROUP_INODES_UNUSED = 0x1;
/** Mode, owner and times of an inode that has room for a creation time. */
const NEEDED_INODE_BYTES = 152;

/**
 * Makes an unmounted ext2, ext3 or ext4 in `image` at `offset` independent of when and how it was filled: modification times after
 * `epoch` become `epoch`, access and change times follow them, creation times become `epoch`, all in whole seconds; the
 * root folder gets its mode and owner; the superblock forgets mounts. Checksums are kept right.
 * The format: kernel documentation, filesystems/ext4 (superblock, group descriptors, inode table).
 *
 * mke2fs 1.47.0 copies access and change times of the source and knows no SOURCE_DATE_EPOCH, a mounted file system
 * takes the clock's: this settles both the same way.
 *
 * @param epoch seconds since 1970
 * @throws ImageError IMAGE_FAILED when there is no such file system; UtilsError DISK_FULL
 */
export async function settleExt4(
  image: string,
  offset: number,
  { epoch, root }: { readonly epoch: number; readonly root?: RootFolder | undefined },
): Promise<void> {
  const file = await open(image, 'r+');
  try {
    const superblock = await read(file, offset + SUPERBLOCK_AT, 1024);
    const layout = layoutOf(superblock, image);
    const descriptorsAt = offset + Math.max(layout.blockSize, 2 * SUPERBLOCK_AT);
    const descriptors = await read(file, descriptorsAt, layout.groups * layout.descriptorSize);
    for (let group = 0; group < layout.groups; group += 1) {
      const start = group * layout.descriptorSize;
      const { table, used } = inodeTable(descriptors.subarray(start, start + layout.descriptorSize), layout);
      if (used === 0) continue;
      const inodes = await read(file, offset + table, used * layout.inodeSize);
      for (let index = 0; index < used; index += 1) {
        const inode = inodes.subarray(index * layout.inodeSize, (index + 1) * layout.inodeSize);
        const number = group * layout.inodesPerGroup + index + 1;
        if (inode.readUInt16LE(0x1a) === 0) continue;
        if (number === ROOT_INODE && root !== undefined) setRoot(inode, root);
        setTimes(inode, epoch);
        if (layout.seed !== undefined) setChecksum(inode, number, layout.seed);
      }
      await file.write(inodes, 0, inodes.length, offset + table);
    }
    forgetMounts(superblock, epoch);
    if (layout.seed !== undefined) {
      superblock.writeUInt32LE(crc32c(superblock.subarray(0, 0x3fc), 0xffffffff), 0x3fc);
    }
    await file.write(superblock, 0, superblock.length, offset + SUPERBLOCK_AT);
  } catch (error) {
    throw diskFull(error, image);
  } finally {
    await file.close();
  }
}

async function read(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  if (bytesRead !== length)
    throw new ImageError('IMAGE_FAILED', 'the image ends inside its ext4 file system');
  return buffer;
}

function layoutOf(superblock: Buffer, image: string): Layout {
  const incompat = superblock.readUInt32LE(0x60);
  const inodeSize = superblock.readUInt16LE(0x58);
  const known = (incompat & INCOMPAT_META_BG) === 0 && inodeSize > NEEDED_INODE_BYTES;
  if (superblock.readUInt16LE(0x38) !== MAGIC || !known) {
    throw new ImageError('IMAGE_FAILED', `there is no ext4 file system of the expected layout in ${image}`);
  }
  const seeded = (incompat & INCOMPAT_CHECKSUM_SEED) !== 0;
  const checksums = (superblock.readUInt32LE(0x64) & RO_COMPAT_METADATA_CSUM) !== 0;
  const seed = seeded ? superblock.readUInt32LE(0x270) : crc32c(superblock.subarray(0x68, 0x78), 0xffffffff);
  const inodesPerGroup = superblock.readUInt32LE(0x28);
  return {
    blockSize: 1024 << superblock.readUInt32LE(0x18),
    inodeSize,
    inodesPerGroup,
    groups: superblock.readUInt32LE(0x0) / inodesPerGroup,
    descriptorSize: (incompat & INCOMPAT_64BIT) === 0 ? 32 : superblock.readUInt16LE(0xfe),
    seed: checksums ? seed : undefined,
  };
}

/** Where a group's inodes begin, in bytes from the file system's beginning, and how many of them were ever used. */
function inodeTable(descriptor: Buffer, layout: Layout): { table: number; used: number } {
  const wide = descriptor.length >= 64;
  const block = descriptor.readUInt32LE(0x8) + (wide ? descriptor.readUInt32LE(0x28) * 2 ** 32 : 0);
  // Only with checksums does the group say how much of its table is in use.
  const counted = layout.seed !== undefined;
  const never = descriptor.readUInt16LE(0x1c) + (wide ? descriptor.readUInt16LE(0x32) * 2 ** 16 : 0);
  const empty = counted && (descriptor.readUInt16LE(0x12) & GROUP_INODES_UNUSED) !== 0;
  const used = empty ? 0 : layout.inodesPerGroup - (counted ? never : 0);
  return { table: block * layout.blockSize, used };
}

function setRoot(inode: Buffer, root: RootFolder): void {
  inode.writeUInt16LE((inode.readUInt16LE(0) & 0xf000) | (root.mode & 0o7777), 0);
  inode.writeUInt16LE(root.uid & 0xffff, 0x2);
  inode.writeUInt16LE(root.uid >>> 16, 0x78);
  inode.writeUInt16LE(root.gid & 0xffff, 0x18);
  inode.writeUInt16LE(root.gid >>> 16, 0x7a);
  writeTime(inode, root.mtime, { seconds: 0x10, extra: 0x88 });
}

function setTimes(inode: Buffer, epoch: number): void {
  // The two low bits of the extra word carry a signed 32-bit count of seconds on to the year 2446.
  const extra = holds(inode, 0x88) ? inode.readUInt32LE(0x88) : 0;
  const modified = inode.readInt32LE(0x10) + (extra & 3) * 2 ** 32;
  const settled = Math.min(modified, epoch);
  writeTime(inode, settled, { seconds: 0x8, extra: 0x8c });
  writeTime(inode, settled, { seconds: 0xc, extra: 0x84 });
  writeTime(inode, settled, { seconds: 0x10, extra: 0x88 });
  if (holds(inode, 0x90)) writeTime(inode, epoch, { seconds: 0x90, extra: 0x94 });
}

/** Whether an inode's own length (i_extra_isize) reaches over the 32-bit field at this place. */
function holds(inode: Buffer, at: number): boolean {
  return at + 4 <= 0x80 + inode.readUInt16LE(0x80);
}

function writeTime(
  inode: Buffer,
  time: number,
  at: { readonly seconds: number; readonly extra: number },
): void {
  const whole = Math.floor(time);
  inode.writeInt32LE(whole | 0, at.seconds);
  if (holds(inode, at.extra)) inode.writeUInt32LE(((whole - (whole | 0)) / 2 ** 32) & 3, at.extra);
}

function setChecksum(inode: Buffer, number: number, seed: number): void {
  const wide = holds(inode, 0x80);
  inode.writeUInt16LE(0, 0x7c);
  if (wide) inode.writeUInt16LE(0, 0x82);
  const identity = Buffer.alloc(4);
  identity.writeUInt32LE(number);
  const checksum = crc32c(inode, crc32c(inode.subarray(0x64, 0x68), crc32c(identity, seed)));
  inode.writeUInt16LE(checksum & 0xffff, 0x7c);
  if (wide) inode.writeUInt16LE(checksum >>> 16, 0x82);
}

function forgetMounts(superblock: Buffer, epoch: number): void {
  superblock.writeUInt32LE(0, 0x2c); // last mount
  superblock.writeUInt32LE(epoch >>> 0, 0x30); // last write
  superblock.writeUInt16LE(0, 0x34); // mounts
  superblock.fill(0, 0x88, 0xc8); // where it was mounted
  superblock.writeUInt8(Math.floor(epoch / 2 ** 32), 0x274);
  superblock.writeUInt8(0, 0x275);
}
