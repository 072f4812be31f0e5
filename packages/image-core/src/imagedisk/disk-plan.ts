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
  /** With `btrfs`: folders with a life of their own, outer ones first. Mount points are the partition's or below it. */
  readonly subvolumes?: readonly { readonly name: string; readonly mountPoint: string }[] | undefined;
  /** With `btrfs`: what files are compressed with, `zstd:3`. */
  readonly compression?: string | undefined;
  readonly fsLabel?: string | undefined;
  /** What `blkid` calls UUID: a UUID, for FAT `XXXX-XXXX`; undefined without a file system and with squashfs. */
  readonly fsUuid?: string | undefined;
  readonly mountPoint?: string | undefined;
  readonly mountOptions?: string | undefined;
  readonly flags: readonly string[];
  /** Files in it that are swap areas: `assembleDisk` gives them the blocks that they lack. */
  readonly swapFiles?: readonly SwapFile[] | undefined;
  /** At the first boot it takes what the disk has behind it by then. */
  readonly grows?: boolean | undefined;
}

/** The whole disk, decided before a byte is written: what `planDisk` returns and everything else reads. */
export interface DiskPlan {
  readonly table: 'gpt' | 'mbr';
  /** Bytes. */
  readonly size: number;
  readonly sectorSize: 512;
  /** Bytes of which every start is a multiple; 1 MiB when left out. */
  readonly alignment?: number | undefined;
  /** GPT disk GUID, or the MBR disk id as eight hex digits. */
  readonly diskId: string;
  readonly partitions: readonly PlannedPartition[];
  /** More disks of the same system, each a file of its own. Ids and mount points are unique over all disks. */
  readonly additionalDisks?: readonly AdditionalDiskPlan[] | undefined;
}

export interface AdditionalDiskPlan extends Omit<DiskPlan, 'additionalDisks'> {
  readonly name: string;
}

/** The disks of a plan, the first before the additional ones. */
export function everyDisk(plan: DiskPlan): readonly DiskPlan[] {
  return [plan, ...(plan.additionalDisks ?? [])];
}
