import type { TreeProgram } from './make-from-tree.js';

/**
 * Makes a squashfs of a partition's content, compressed with zstd unless `mkfsOptions` names another `-comp`. mksquashfs
 * lowers times to `SOURCE_DATE_EPOCH` and keeps owners, modes, hard links and extended attributes but for ACLs: the same tree
 * gives the same bytes.
 */
export const SQUASHFS: TreeProgram = {
  name: 'mksquashfs',
  losesAcls: true,
  argumentsFor({ mkfsOptions = [] }, { folder, file }) {
    const compressor = mkfsOptions.includes('-comp') ? [] : ['-comp', 'zstd'];
    return [folder, file, '-noappend', '-no-progress', '-quiet', ...compressor, ...mkfsOptions];
  },
};
