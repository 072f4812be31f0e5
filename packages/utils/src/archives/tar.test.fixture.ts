/** One header and its data as a test wants them, right or wrong. Numbers are octal digits or raw bytes. */
export interface RawEntry {
  readonly name: string | Buffer;
  readonly flag?: string;
  readonly mode?: string;
  readonly uid?: string | Buffer;
  readonly gid?: string;
  readonly mtime?: string | Buffer;
  /** By default the length of `data`. */
  readonly size?: string | Buffer;
  readonly link?: string;
  readonly major?: string;
  readonly minor?: string;
  readonly prefix?: string;
  readonly magic?: string;
  readonly data?: string | Buffer;
}

/** A tar archive of these entries with right checksums and an end marker. */
export function rawTar(...entries: readonly RawEntry[]): Buffer {
  return Buffer.concat([...entries.map(block), Buffer.alloc(1024)]);
}

/** `length key=value\n`, the length counting itself. */
export function paxRecord(key: string, value: string | Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), Buffer.from(value), Buffer.from('\n')]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length += 1;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function block(entry: RawEntry): Buffer {
  const data = Buffer.from(entry.data ?? '');
  const header = Buffer.alloc(512);
  const put = (value: string | Buffer, at: number) => Buffer.from(value).copy(header, at);
  put(entry.name, 0);
  put(entry.mode ?? '644', 100);
  put(entry.uid ?? '0', 108);
  put(entry.gid ?? '0', 116);
  put(entry.size ?? data.length.toString(8), 124);
  put(entry.mtime ?? '0', 136);
  put(entry.flag ?? '0', 156);
  put(entry.link ?? '', 157);
  put(entry.magic ?? 'ustar\x0000', 257);
  put(entry.major ?? '0', 329);
  put(entry.minor ?? '0', 337);
  put(entry.prefix ?? '', 345);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1');
  return Buffer.concat([header, data, Buffer.alloc((512 - (data.length % 512)) % 512)]);
}
