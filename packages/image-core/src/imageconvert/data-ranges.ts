import { spawn } from 'node:child_process';
import { SYSTEM_PATH } from '@ic/utils';

/** Bytes of a file that are not a hole. */
export interface Range {
  readonly start: number;
  readonly length: number;
}

const TAR_BLOCK = 512;

/**
 * Where a file has data. Node has no lseek; GNU tar asks the kernel (SEEK_DATA) and begins an archive with the list.
 * Undefined where that cannot be had, or the file has no holes.
 */
export async function dataRanges(path: string): Promise<readonly Range[] | undefined> {
  const sparse = ['--sparse', '--hole-detection=seek', '--format=pax', '--sparse-version=1.0'];
  const tar = spawn('tar', ['--create', '--file=-', '--absolute-names', ...sparse, '--', path], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: SYSTEM_PATH, LC_ALL: 'C' },
  });
  // A program that cannot be started ends its output at once.
  tar.once('error', () => {});
  try {
    let archive = Buffer.alloc(0);
    for await (const chunk of tar.stdout) {
      archive = Buffer.concat([archive, chunk as Buffer]);
      const map = parseSparseMap(archive);
      if (map !== 'incomplete') return map;
    }
    return undefined;
  } finally {
    tar.kill('SIGKILL');
  }
}

/**
 * The map of the only member of a pax archive in GNU's sparse format 1.0 ("Storing Sparse Files", GNU tar manual):
 * how many ranges, then start and length of each, as lines of decimal digits. Undefined for a member that is not sparse.
 */
export function parseSparseMap(archive: Buffer): readonly Range[] | undefined | 'incomplete' {
  if (archive.length < TAR_BLOCK) return 'incomplete';
  if (archive.toString('latin1', 156, 157) !== 'x') return undefined;
  const records = Number.parseInt(archive.toString('latin1', 124, 136), 8);
  const member = TAR_BLOCK + Math.ceil(records / TAR_BLOCK) * TAR_BLOCK;
  if (archive.length < member) return 'incomplete';
  if (!archive.toString('latin1', TAR_BLOCK, member).includes(' GNU.sparse.major=1\n')) return undefined;
  const lines = archive.toString('latin1', member + TAR_BLOCK).split('\n');
  // What follows the last line feed may be half a number.
  const numbers = lines
    .slice(0, -1)
    .slice(0, 1 + 2 * Number(lines[0]))
    .map(Number);
  if (lines.length < 2 || numbers.length < 1 + 2 * (numbers[0] ?? 0)) return 'incomplete';
  const ranges: Range[] = [];
  for (let index = 1; index < numbers.length; index += 2) {
    ranges.push({ start: numbers[index] ?? 0, length: numbers[index + 1] ?? 0 });
  }
  return ranges;
}
