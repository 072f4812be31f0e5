/** An entry of an archive as a package may have it, good or bad. */
export interface TestEntry {
  readonly path: string;
  /** Default `file`. */
  readonly type?: 'file' | 'directory' | 'symlink' | 'hardlink' | 'fifo' | 'character-device';
  /** Default 0644 for files, 0755 for directories. */
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  /** Seconds since 1970; default 1,600,000,000. */
  readonly mtime?: number;
  readonly linkTarget?: string;
  readonly data?: string;
}

const FLAGS = { file: '0', hardlink: '1', symlink: '2', 'character-device': '3', directory: '5', fifo: '6' };

/** A ustar archive (POSIX.1-1988) with exactly these entries; names as dpkg-deb writes them, below `./`. */
export function makeTar(entries: readonly TestEntry[]): Buffer {
  return Buffer.concat([...entries.map(makeEntry), Buffer.alloc(1024)]);
}

function makeEntry(entry: TestEntry): Buffer {
  const { type = 'file', uid = 0, gid = 0, mtime = 1_600_000_000, linkTarget = '' } = entry;
  const data = Buffer.from(entry.data ?? '');
  const header = Buffer.alloc(512);
  const octal = (value: number, length: number) => `${value.toString(8).padStart(length - 1, '0')}\0`;
  header.write(`./${entry.path}${type === 'directory' && entry.path !== '' ? '/' : ''}`, 0, 100);
  header.write(octal(entry.mode ?? (type === 'directory' ? 0o755 : 0o644), 8), 100);
  header.write(octal(uid, 8), 108);
  header.write(octal(gid, 8), 116);
  header.write(octal(data.length, 12), 124);
  header.write(octal(mtime, 12), 136);
  header.write(`        ${FLAGS[type]}`, 148);
  header.write(linkTarget, 157, 100);
  header.write('ustar\u000000', 257);
  header.write(
    octal(
      header.reduce((sum, byte) => sum + byte, 0),
      7,
    ),
    148,
  );
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}
