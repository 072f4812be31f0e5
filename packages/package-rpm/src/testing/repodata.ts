import { createHash } from 'node:crypto';
import { gzipSync } from 'node:zlib';

/** The files of a repository by path, without a leading slash. */
export type Files = Map<string, Buffer>;

export interface TestPackage {
  readonly name: string;
  readonly epoch?: string;
  /** Default `1.0`. */
  readonly version?: string;
  /** Default `1`. */
  readonly release?: string;
  /** Default x86_64. */
  readonly architecture?: string;
  /** Default 64 times `a`. */
  readonly checksum?: string;
  readonly checksumType?: string;
  readonly location?: string;
  /** More attributes of `location`, as XML. */
  readonly base?: string;
  readonly fileTime?: number;
  /** Bytes of the file; default 1000. */
  readonly size?: number;
  /** The children of `format`, as XML. */
  readonly format?: string;
}

/** One `package` element as createrepo writes it. */
export function packageXml(pkg: TestPackage): string {
  const { name, epoch = '0', version = '1.0', release = '1', architecture = 'x86_64' } = pkg;
  const location = pkg.location ?? `Packages/${name}-${version}-${release}.${architecture}.rpm`;
  return `<package type="rpm">
  <name>${name}</name>
  <arch>${architecture}</arch>
  <version epoch="${epoch}" ver="${version}" rel="${release}"/>
  <checksum type="${pkg.checksumType ?? 'sha256'}" pkgid="YES">${pkg.checksum ?? 'a'.repeat(64)}</checksum>
  <summary>A package</summary>
  <description>It is &lt;there&gt;
for tests.</description>
  <packager></packager>
  <url>https://example.org</url>
  <time file="${pkg.fileTime ?? 1700000000}" build="1600000000"/>
  <size package="${pkg.size ?? 1000}" installed="2000" archive="3000"/>
  <location ${pkg.base ?? ''} href="${location}"/>
  <format>
    <rpm:license>MIT</rpm:license>
    <rpm:sourcerpm>${name}-${version}-${release}.src.rpm</rpm:sourcerpm>
    ${pkg.format ?? ''}
  </format>
</package>
`;
}

export function primaryXml(packages: readonly TestPackage[]): string {
  return `<?xml version="1.0" encoding="UTF-8"?>
<metadata xmlns="http://linux.duke.edu/metadata/common" xmlns:rpm="http://linux.duke.edu/metadata/rpm" packages="${packages.length}">
${packages.map(packageXml).join('')}</metadata>
`;
}

/** A metadata file and what repomd.xml says of it; the truth where it is not said otherwise. */
export interface TestList {
  readonly type: string;
  readonly text: string;
  /** Default gzip. */
  readonly compress?: (bytes: Buffer) => Buffer;
  readonly algorithm?: string;
  readonly path?: string;
  /** Lines of the `data` element that take the place of those of the same name. */
  readonly says?: Readonly<Record<string, string>>;
}

/** Puts metadata files and the repomd.xml that lists them into `files`. */
export function addRepodata(files: Files, lists: readonly TestList[], revision = '1700000000'): void {
  const data = lists.map((list) => {
    const open = Buffer.from(list.text);
    const bytes = (list.compress ?? gzipSync)(open);
    const { algorithm = 'sha256' } = list;
    const path = list.path ?? `repodata/${list.type}.gz`;
    files.set(path, bytes);
    const hex = (content: Buffer) => createHash(algorithm).update(content).digest('hex');
    const says = {
      checksum: `<checksum type="${algorithm}">${hex(bytes)}</checksum>`,
      'open-checksum': `<open-checksum type="${algorithm}">${hex(open)}</open-checksum>`,
      location: `<location href="${path}"/>`,
      timestamp: '<timestamp>1650000000</timestamp>',
      size: `<size>${bytes.length}</size>`,
      'open-size': `<open-size>${open.length}</open-size>`,
      ...list.says,
    };
    return `<data type="${list.type}">\n${Object.values(says).join('\n')}\n</data>\n`;
  });
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<repomd xmlns="http://linux.duke.edu/metadata/repo" xmlns:rpm="http://linux.duke.edu/metadata/rpm">
<revision>${revision}</revision>
${data.join('')}</repomd>
`;
  files.set('repodata/repomd.xml', Buffer.from(text));
}
