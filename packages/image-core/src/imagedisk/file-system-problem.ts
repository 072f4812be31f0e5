import type { FileSystemType, PartitionConfig } from '@ic/toolchain';

interface FileSystemProblem {
  /** Goes on from the partition's name: "has …", "is …". */
  readonly reason: string;
  readonly hint: string;
}

/** Bytes of a label; 0 where the format has no place for one. */
const LABEL_BYTES: Readonly<Record<Exclude<FileSystemType, 'none' | 'vfat'>, number>> = {
  ext2: 16,
  ext3: 16,
  ext4: 16,
  xfs: 12,
  btrfs: 255,
  f2fs: 255,
  erofs: 0,
  squashfs: 0,
  swap: 15,
};

const EXT_OPTIONS = /^-[OmegG]$/;
/** The words that may be handed on: none that say where, how large, with which ids or from which tree. */
const MKFS_OPTIONS: Readonly<Partial<Record<FileSystemType, RegExp>>> = {
  ext2: EXT_OPTIONS,
  ext3: EXT_OPTIONS,
  ext4: EXT_OPTIONS,
  vfat: /^-[rMg]$/,
  xfs: /^-[bimnl]$/,
  btrfs: /^-[nsOR]$|^--(?:nodesize|sectorsize|features|runtime-features|csum|checksum)$/,
  f2fs: /^-[OoeEiz]$/,
  erofs: /^-[zCE]\S+$|^--(?:chunksize|max-extent-bytes)=\d+$/,
  squashfs: /^-(?:comp|b|X[a-z-]+|no[IDFX]|no-fragments|always-use-fragments)$/,
};

/** What a file system cannot be or have, whatever the disk around it is; undefined when all is well. Pure. */
export function fileSystemProblem(partition: PartitionConfig): FileSystemProblem | undefined {
  return (
    mountProblem(partition) ??
    labelProblem(partition) ??
    optionProblem(partition) ??
    minimizeProblem(partition) ??
    btrfsProblem(partition) ??
    growthProblem(partition) ??
    typeProblem(partition)
  );
}

function mountProblem({ fsType, mountPoint }: PartitionConfig): FileSystemProblem | undefined {
  const readOnly = fsType === 'erofs' || fsType === 'squashfs';
  if (mountPoint === undefined) {
    if (!readOnly) return undefined;
    const reason = `is ${fsType}, which nothing can be written to later, and has no mount point to take its content from`;
    return { reason, hint: 'give it a "mountPoint"' };
  }
  if (!/^\/(?:[^/\0\s]+(?:\/[^/\0\s]+)*)?$/.test(mountPoint) || /\/\.\.?(?:\/|$)/.test(mountPoint)) {
    return {
      reason: `has the mount point "${mountPoint}", which is not a plain absolute path`,
      hint: 'write it like /boot/efi',
    };
  }
  if (fsType === 'none') {
    return {
      reason: `is mounted at ${mountPoint} but has no file system`,
      hint: 'set "fsType", or take "mountPoint" away',
    };
  }
  if (fsType === 'swap') {
    return { reason: `is swap and has the mount point ${mountPoint}`, hint: 'take "mountPoint" away' };
  }
  if (fsType === 'vfat' && mountPoint === '/') {
    return {
      reason: 'is the root file system, and FAT holds no owners, modes or links',
      hint: 'set "fsType: ext4"',
    };
  }
  if (readOnly && ['/boot', '/etc', '/var'].includes(mountPoint)) {
    return {
      reason: `is mounted at ${mountPoint}, which a running system writes to, and ${fsType} is read-only`,
      hint: 'set "fsType: ext4"; /, /usr or /opt can be read-only',
    };
  }
  return undefined;
}

function labelProblem({ fsType, fsLabel }: PartitionConfig): FileSystemProblem | undefined {
  if (fsLabel === undefined) return undefined;
  if (fsType === 'none') {
    return {
      reason: `has the label "${fsLabel}" but no file system`,
      hint: 'set "fsType", or take "fsLabel" away',
    };
  }
  if (fsType === 'vfat') {
    return /^(?! )[A-Za-z0-9_$%@~!#&(){}' -]{1,11}$/.test(fsLabel)
      ? undefined
      : {
          reason: `has the label "${fsLabel}": a FAT label has at most 11 ASCII letters, digits, "-", "_" or spaces`,
          hint: 'write for example "ESP"',
        };
  }
  const limit = LABEL_BYTES[fsType];
  if (limit === 0) {
    return {
      reason: `has the label "${fsLabel}", and ${fsType} has none`,
      hint: 'take "fsLabel" away; "name" labels the partition itself',
    };
  }
  if (Buffer.byteLength(fsLabel) <= limit) return undefined;
  return {
    reason: `has the label "${fsLabel}": a label of ${fsType} has at most ${limit} bytes`,
    hint: 'shorten "fsLabel"',
  };
}

/** Words that do not begin with "-" are values of the word before them. */
function optionProblem({ fsType, mkfsOptions = [] }: PartitionConfig): FileSystemProblem | undefined {
  const known = MKFS_OPTIONS[fsType];
  const wrong = mkfsOptions.find((word, index) =>
    word.startsWith('-') ? known?.test(word) !== true : index === 0 || mkfsOptions[index - 1]?.[0] !== '-',
  );
  if (wrong === undefined) return undefined;
  return {
    reason: `has "${wrong}" in "mkfsOptions", which ${fsType === 'none' ? 'a partition without file system' : fsType} does not take`,
    hint: 'docs/template.md lists the options of each file system',
  };
}

function minimizeProblem({ mountPoint, minimize }: PartitionConfig): FileSystemProblem | undefined {
  if (minimize !== true) return undefined;
  if (mountPoint === undefined) {
    return {
      reason: 'has "minimize: true" but no mount point, so no content that it could be as small as',
      hint: 'take "minimize" away, or give it a "mountPoint"',
    };
  }
  return undefined;
}

function btrfsProblem(partition: PartitionConfig): FileSystemProblem | undefined {
  const { fsType, mountPoint, subvolumes, compression } = partition;
  if (subvolumes === undefined && compression === undefined) return undefined;
  const key = subvolumes === undefined ? 'compression' : 'subvolumes';
  if (fsType !== 'btrfs') {
    return { reason: `has "${key}", which btrfs alone knows, and is ${fsType}`, hint: 'set "fsType: btrfs"' };
  }
  if (mountPoint === undefined) {
    return { reason: `has "${key}" but no mount point`, hint: 'give it a "mountPoint"' };
  }
  for (const [index, one] of (subvolumes ?? []).entries()) {
    if (one.mountPoint !== mountPoint && !isBelow(one.mountPoint, mountPoint)) {
      const reason = `is mounted at ${mountPoint}, and its subvolume "${one.name}" outside of it, at ${one.mountPoint}`;
      return { reason, hint: 'mount the partition at a folder above all its subvolumes' };
    }
    const other = subvolumes
      ?.slice(0, index)
      .find(({ name, mountPoint: at }) => name === one.name || at === one.mountPoint);
    if (other !== undefined) {
      const reason = `has two subvolumes with the name "${one.name}" or the mount point ${one.mountPoint}`;
      return { reason, hint: 'give each its own' };
    }
  }
  return undefined;
}

function isBelow(deeper: string, upper: string): boolean {
  return deeper.startsWith(upper === '/' ? '/' : `${upper}/`);
}

/** What systemd-growfs grows (systemd-growfs@.service(8)). */
const GROWING: readonly FileSystemType[] = ['ext4', 'xfs', 'btrfs'];

function growthProblem({ fsType, mountPoint, flags }: PartitionConfig): FileSystemProblem | undefined {
  if (!flags.includes('growfs') || mountPoint === undefined || GROWING.includes(fsType)) return undefined;
  return {
    reason: `has the flag "growfs", and ${fsType} cannot grow while it is mounted`,
    hint: `set "fsType" to one of ${GROWING.join(', ')}, or take the flag away`,
  };
}

/** Whatever is said of an LVM or RAID member is said of a layer that this version does not make. */
function typeProblem({ type, fsType }: PartitionConfig): FileSystemProblem | undefined {
  const layer = { 'linux-lvm': 'LVM', 'linux-raid': 'RAID' }[type ?? ''];
  if (layer === undefined || fsType === 'none') return undefined;
  return {
    reason: `is of type ${type} and has the file system ${fsType}: volumes of ${layer} are not made here`,
    hint: `leave "fsType" and "mountPoint" out and set ${layer} up on the device, or take another type`,
  };
}
