import { escapingMember, PackageError } from '@ic/package-core';
import { readTar, type TarEntry } from '@ic/utils';
import { unsoundDeb } from '../debfile.js';

/**
 * The members of a data archive, all of them read and judged before the first is unpacked.
 *
 * @param subject whose archive it is, for messages
 * @throws PackageError PACKAGE_INVALID; MEMBER_ESCAPES for names that lead upwards, and see `escapingMember`
 */
export function readMembers(data: Uint8Array, subject: string): TarEntry[] {
  const members = readAll(data, subject);
  const escaping = escapingMember(
    members.map(({ path, type, linkTarget }) => ({
      path,
      symlink: type === 'symlink' ? linkTarget : undefined,
      hardLink: type === 'hardlink' ? linkTarget : undefined,
    })),
  );
  if (escaping === undefined) return members;
  const { path, link } = escaping;
  throw new PackageError(
    'MEMBER_ESCAPES',
    `${subject} brings /${path} behind its own symbolic link /${link}, which leads out of the root`,
    { hint: 'the package is hostile; do not use its repository', details: { path, link } },
  );
}

function readAll(data: Uint8Array, subject: string): TarEntry[] {
  try {
    return [...readTar(data)];
  } catch (error) {
    throw unsoundDeb(error, subject);
  }
}
