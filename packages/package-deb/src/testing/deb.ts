import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FetchedPackage } from '@ic/package-core';
import { makeTar, type TestEntry } from './tar.js';

export interface TestDeb {
  readonly name: string;
  readonly version?: string;
  readonly architecture?: string;
  /** Further lines of the control file, such as `Depends: x`. */
  readonly control?: readonly string[];
  /** Control files by name; scripts are those whose text begins with `#!`. */
  readonly controlFiles?: Readonly<Record<string, string>>;
  readonly files?: readonly TestEntry[];
}

/** Writes a binary package (deb(5)) with uncompressed members into a folder. */
export function makeDeb(folder: string, deb: TestDeb): FetchedPackage {
  const { name, version = '1', architecture = 'all' } = deb;
  const fields = [`Package: ${name}`, `Version: ${version}`, `Architecture: ${architecture}`];
  const text = [...fields, 'Maintainer: T <t@example.org>', ...(deb.control ?? []), 'Description: test', ''];
  const controlFiles = Object.entries(deb.controlFiles ?? {}).map(([path, data]) => ({
    path,
    data,
    mode: data.startsWith('#!') ? 0o755 : 0o644,
  }));
  const control = makeTar([{ path: 'control', data: text.join('\n') }, ...controlFiles]);
  const data = makeTar([{ path: '', type: 'directory' }, ...(deb.files ?? [])]);
  const bytes = Buffer.concat([
    Buffer.from('!<arch>\n'),
    ...[
      ['debian-binary', Buffer.from('2.0\n')] as const,
      ['control.tar', control] as const,
      ['data.tar', data] as const,
    ].flatMap(([member, body]) => [
      Buffer.from(
        `${member.padEnd(16)}${'0'.padEnd(12)}0     0     100644  ${String(body.length).padEnd(10)}\`\n`,
      ),
      body,
    ]),
  ]);
  const path = join(folder, `${name}_${version}_${architecture}.deb`);
  writeFileSync(path, bytes);
  return {
    name,
    version,
    architecture,
    repository: 'test',
    location: path,
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    installedSize: data.length,
    path,
  };
}
