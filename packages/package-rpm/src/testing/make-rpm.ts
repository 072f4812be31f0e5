import { createHash } from 'node:crypto';
import { type CpioInput, writeCpio } from '@ic/utils';

/** A value of a header, by its tag; a string array is a list of texts. */
export type TestValue =
  | { readonly string: string }
  | { readonly strings: readonly string[] }
  | { readonly int16: readonly number[] }
  | { readonly int32: readonly number[] }
  | { readonly int64: readonly bigint[] }
  | { readonly binary: Uint8Array };
export type TestTags = Readonly<Record<number, TestValue | undefined>>;

export interface HandMadeRpm {
  /** Into the main header, beside or in place of what a package named `made` has; undefined takes one away. */
  readonly tags?: TestTags | undefined;
  /** Into the signature header; default: the SHA-256 of the main header. */
  readonly signatureTags?: ((mainHeader: Buffer, payload: Buffer) => TestTags) | undefined;
  readonly files?: readonly TestFile[] | undefined;
  /** In place of the cpio archive of the files. */
  readonly payload?: Buffer | undefined;
}

export interface TestFile {
  readonly path: string;
  /** Default: a regular file, 0644. */
  readonly mode?: number | undefined;
  readonly data?: string | undefined;
  readonly linkTarget?: string | undefined;
  readonly owner?: string | undefined;
  readonly group?: string | undefined;
  readonly capabilities?: string | undefined;
  readonly flags?: number | undefined;
  /** Equal numbers are hard links; default: its own. */
  readonly inode?: number | undefined;
  /** In the archive; default: the path. */
  readonly archivePath?: string | undefined;
  /** In the header; default: that of the data. */
  readonly size?: number | undefined;
}

/** Puts a package together byte by byte: for what rpmbuild does not make. */
export function makeRpm(rpm: HandMadeRpm = {}): Buffer {
  const files = rpm.files ?? [];
  const payload = rpm.payload ?? writeCpio(files.map(archived));
  const mainHeader = makeHeader(63, {
    1000: { string: 'made' },
    1001: { string: '1' },
    1002: { string: '1' },
    1022: { string: 'noarch' },
    1044: { string: 'made-1-1.src.rpm' },
    1124: { string: 'cpio' },
    5092: { strings: [createHash('sha256').update(payload).digest('hex')] },
    5093: { int32: [8] },
    ...(files.length > 0 && fileTags(files)),
    ...rpm.tags,
  });
  const sha256Header = { 273: { string: createHash('sha256').update(mainHeader).digest('hex') } };
  const signatureHeader = makeHeader(62, rpm.signatureTags?.(mainHeader, payload) ?? sha256Header);
  const padding = Buffer.alloc(-signatureHeader.length & 7);
  return Buffer.concat([lead(), signatureHeader, padding, mainHeader, payload]);
}

function lead(): Buffer {
  const bytes = Buffer.alloc(96);
  bytes.writeUInt32BE(0xedabeedb, 0);
  bytes.writeUInt8(3, 4);
  bytes.writeUInt16BE(5, 78);
  return bytes;
}

function archived(file: TestFile, index: number): CpioInput {
  const data = Buffer.from(file.linkTarget ?? file.data ?? '');
  return {
    path: file.archivePath ?? file.path,
    mode: file.mode ?? 0o100644,
    data,
    inode: file.inode ?? index + 1,
  };
}

function fileTags(files: readonly TestFile[]): TestTags {
  const split = files.map(({ path }) => [
    path.slice(0, path.lastIndexOf('/') + 1),
    path.slice(path.lastIndexOf('/') + 1),
  ]);
  const folders = [...new Set(split.map(([folder = '']) => folder))];
  const text = (value: (file: TestFile) => string | undefined) => ({
    strings: files.map((file) => value(file) ?? ''),
  });
  return {
    1028: { int32: files.map((file) => file.size ?? Buffer.byteLength(file.linkTarget ?? file.data ?? '')) },
    1030: { int16: files.map((file) => file.mode ?? 0o100644) },
    1034: { int32: files.map(() => 1_700_000_000) },
    1035: text((file) =>
      file.data === undefined ? '' : createHash('sha256').update(file.data).digest('hex'),
    ),
    1036: text((file) => file.linkTarget),
    1037: { int32: files.map((file) => file.flags ?? 0) },
    1039: text((file) => file.owner ?? 'root'),
    1040: text((file) => file.group ?? 'root'),
    1095: { int32: files.map(() => 1) },
    1096: { int32: files.map((file, index) => file.inode ?? index + 1) },
    1116: { int32: split.map(([folder = '']) => folders.indexOf(folder)) },
    1117: { strings: split.map(([, base = '']) => base) },
    1118: { strings: folders },
    5010: text((file) => file.capabilities),
    5011: { int32: [8] },
  };
}

/** A header with its immutable region. */
function makeHeader(region: number, tags: TestTags): Buffer {
  const index: Buffer[] = [];
  const store: Buffer[] = [];
  let offset = 0;
  for (const [tag, value] of Object.entries(tags)) {
    if (value === undefined) continue;
    const { type, count, bytes, align } = encoded(value);
    const padding = Buffer.alloc(-offset & (align - 1));
    index.push(entry(Number(tag), type, offset + padding.length, count));
    store.push(padding, bytes);
    offset += padding.length + bytes.length;
  }
  const length = (index.length + 1) * 16;
  const intro = Buffer.concat([Buffer.from('8eade80100000000', 'hex'), Buffer.alloc(8)]);
  intro.writeUInt32BE(index.length + 1, 8);
  intro.writeUInt32BE(offset + 16, 12);
  return Buffer.concat([
    intro,
    entry(region, 7, offset, 16),
    ...index,
    ...store,
    entry(region, 7, -length, 16),
  ]);
}

function entry(tag: number, type: number, offset: number, count: number): Buffer {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt32BE(tag, 0);
  bytes.writeUInt32BE(type, 4);
  bytes.writeInt32BE(offset, 8);
  bytes.writeUInt32BE(count, 12);
  return bytes;
}

function encoded(value: TestValue): { type: number; count: number; bytes: Buffer; align: number } {
  if ('string' in value) return { type: 6, count: 1, bytes: Buffer.from(`${value.string}\0`), align: 1 };
  if ('strings' in value) {
    const bytes = Buffer.from(value.strings.map((text) => `${text}\0`).join(''));
    return { type: 8, count: value.strings.length, bytes, align: 1 };
  }
  if ('binary' in value)
    return { type: 7, count: value.binary.length, bytes: Buffer.from(value.binary), align: 1 };
  if ('int64' in value) {
    const bytes = Buffer.alloc(8 * value.int64.length);
    for (const [index, number] of value.int64.entries()) bytes.writeBigUInt64BE(number, 8 * index);
    return { type: 5, count: value.int64.length, bytes, align: 8 };
  }
  const [size, numbers] = 'int16' in value ? [2, value.int16] : [4, value.int32];
  const bytes = Buffer.alloc(size * numbers.length);
  for (const [index, number] of numbers.entries()) bytes.writeUIntBE(number, size * index, size);
  return { type: size === 2 ? 3 : 4, count: numbers.length, bytes, align: size };
}
