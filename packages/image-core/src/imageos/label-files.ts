import { messageOf, UtilsError } from '@ic/utils';
import { ImageError } from '../errors.js';
import { writeAttributes } from '../imagedisk/extended-attributes.js';
import type { ImageSystem } from './image-system.js';
import { readText } from './root-files.js';
import { runInRoot } from './run-in-root.js';
import { isLabelled } from './security-modules.js';
import { treeNames } from './tree-names.js';

const ATTRIBUTE = 'security.selinux';
/** Where setfiles sees the whole tree: what its sandbox has of its own at /dev, /proc, /run and /tmp covers some of the image's. */
const INSIDE = '/tmp/rootfs';

/**
 * Gives every file of the image the label that its policy of SELinux says (file_contexts(5)), where the template has SELinux
 * on: to be done last, because what is written later has none. The image's own setfiles(8) only tells the labels, for in
 * its sandbox nobody may write any; setfattr(1) of the host writes them, which takes a tree in memory or root.
 *
 * @throws ImageError IMAGE_FAILED; UtilsError EXEC_NOT_FOUND, CANCELLED
 */
export async function labelFiles(
  system: Pick<ImageSystem, 'rootfs' | 'config' | 'runner' | 'context'>,
): Promise<void> {
  const { rootfs, config, context } = system;
  if (!isLabelled(config)) return;
  const policy = /^SELINUXTYPE=(\S+)$/m.exec((await readText(rootfs, '/etc/selinux/config')) ?? '')?.[1];
  const contexts = `/etc/selinux/${policy}/contexts/files/file_contexts`;
  const { stdout, stderr } = await runInRoot(
    system,
    { program: 'setfiles', args: ['-n', '-v', '-F', '-m', '-r', INSIDE, contexts, INSIDE] },
    'finding the labels of SELinux',
    { binds: [{ host: rootfs, inside: INSIDE, readOnly: true }] },
  );
  const labels = labelsIn(`${stdout}${stderr}`);
  // In the order of names, so that hard links with several labels always get the same one; and no path through a link.
  const paths = treeNames(rootfs).toString().split('\0').slice(0, -1);
  const found = paths.flatMap((name) => {
    const path = name === '.' ? '' : name;
    const label = labels.get(path);
    return label === undefined ? [] : [[path, new Map([[ATTRIBUTE, Buffer.from(`${label}\0`)]])] as const];
  });
  if (found.length === 0) {
    throw new ImageError('IMAGE_FAILED', `setfiles found no labels of SELinux by ${contexts}`);
  }
  try {
    await writeAttributes(rootfs, new Map(found), context);
  } catch (error) {
    if (!(error instanceof UtilsError) || error.code !== 'EXEC_FAILED') throw error;
    throw new ImageError('IMAGE_FAILED', `the labels of SELinux could not be written: ${messageOf(error)}`, {
      cause: error,
      hint: 'build as root, or with more free memory so that the root file system lies there; a machine that runs SELinux itself refuses labels of another policy',
    });
  }
}

/** By path below the root, '' the root itself. Names may have line breaks. */
function labelsIn(output: string): ReadonlyMap<string, string> {
  const lines = output.matchAll(/^Would relabel (\/[\s\S]*?) from (?:<no context>|\S+) to (\S+)$/gm);
  return new Map([...lines].map(([, path = '', label = '']) => [path.slice(INSIDE.length + 1), label]));
}
