import type { TreeProgram } from './make-from-tree.js';

/**
 * Makes an erofs of a partition's content, compressed with LZ4 unless `mkfsOptions` has a `-z…` of its own. mkfs.erofs lowers
 * times to `SOURCE_DATE_EPOCH` (`-T` would set them all) and keeps owners, modes, hard links and extended attributes:
 * the same tree gives the same bytes.
 */
export const EROFS: TreeProgram = {
  name: 'mkfs.erofs',
  argumentsFor({ fsUuid, mkfsOptions = [] }, { folder, file }) {
    const compressor = mkfsOptions.some((word) => word.startsWith('-z')) ? [] : ['-zlz4hc'];
    return [
      '--quiet',
      ...compressor,
      ...(fsUuid === undefined ? [] : ['-U', fsUuid]),
      ...mkfsOptions,
      ...[file, folder],
    ];
  },
};
