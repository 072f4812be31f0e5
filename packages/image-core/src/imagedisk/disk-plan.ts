import type { FileSystemType, SwapFile } from '@ic/toolchain';

/** One partition with every number and id settled. All positions are bytes and multiples of the sector size. */
export interface PlannedPartition {
  readonly id: string;
  /** From 1. */
  readonly number: number;
  readonly name: string;
  readonly type?: string | undefined;
  readonly typeGuid: string;
  /** Lower-case; on MBR `<disk id>-<number in two hex digits>`. */
  readonly partUuid: string;
  readonly start: number;
  readonly size: number;
  readonly fsType: FileSystemType;
  /** With `vfat`: bits of an entry of its table; undefined leaves them to the size. */
  readonly fatBits?: 12 | 16 | 32 | undefined;
  readonly mkfsOptions?: readonly string[] | undefined;
  /** `size` is the most: `minimizeDisk` lowers it when the content is there. */
  readonly minimize?: boolean | undefined;
  readonly fsLabel?: string | undefined;
  /** What `blkid` calls UUID: a UUID, for FAT `XXXX-XXXX`; undefined without a file system and with squashfs. */
  readonly fsUuid?: string | undefined;
  readonly mountPoint?: string | undefined;
  readonly mountOptions?: string | undefined;
  readonly flags: readonly string[];
  /** Files in it that are swap areas: `assembleDisk` gives them the blocks that they lack. */
  readonly swapFiles?: readonly SwapFile[] | undefined;
}

/** The whole disk, decided before a byte is written: what `planDisk` returns and everything else reads. */
export interface DiskPlan {
  readonly table: 'gpt' | 'mbr';
  /** Bytes. */
  readonly size: number;
  readonly sectorSize: 512;
  /** GPT disk GUID, or the MBR disk id as eight hex digits. */
  readonly diskId: string;
  readonly partitions: readonly PlannedPartition[];
}
