/** An attribute as xfs_db sets it: the option of its name space, its name there, its value. */
export interface XfsAttribute {
  readonly space: string;
  readonly name: string;
  readonly value: Uint8Array;
}

const SPACES: Readonly<Record<string, string>> = { security: '-s', trusted: '-r', user: '-u' };
const ACLS: Readonly<Record<string, string>> = {
  'system.posix_acl_access': 'SGI_ACL_FILE',
  'system.posix_acl_default': 'SGI_ACL_DEFAULT',
};
/** More would leave the inode, where xfs_db finds it in another place. */
const LONGEST = 200;
const ACL_VERSION = 2;
const [ACL_USER, ACL_GROUP] = [0x02, 0x08];
const NO_ID = 0xffffffff;

/**
 * What XFS keeps for an extended attribute of a file. Undefined where it cannot be set. Pure.
 *
 * @param name whole, as in `security.capability`
 */
export function xfsAttribute(name: string, value: Uint8Array): XfsAttribute | undefined {
  const acl = ACLS[name];
  const [first = '', ...rest] = name.split('.');
  const space = acl === undefined ? SPACES[first] : SPACES.trusted;
  const kept = acl === undefined ? value : xfsAcl(Buffer.from(value));
  if (space === undefined || kept === undefined || kept.length > LONGEST) return undefined;
  return { space, name: acl ?? rest.join('.'), value: kept };
}

/**
 * An ACL from the form of Linux's attributes (linux/posix_acl_xattr.h: 32-bit version, then for each entry 16-bit tag, 16-bit permissions,
 * 32-bit id, little-endian) in that of XFS (struct xfs_acl: 32-bit count, then 32-bit tag, 32-bit id, 16-bit permissions and
 * 16 bits of nothing, big-endian).
 */
function xfsAcl(acl: Buffer): Buffer | undefined {
  if (acl.length < 4 || (acl.length - 4) % 8 !== 0 || acl.readUInt32LE(0) !== ACL_VERSION) return undefined;
  const count = (acl.length - 4) / 8;
  const kept = Buffer.alloc(4 + 12 * count);
  kept.writeUInt32BE(count, 0);
  for (let index = 0; index < count; index += 1) {
    const [from, to] = [4 + 8 * index, 4 + 12 * index];
    const tag = acl.readUInt16LE(from);
    kept.writeUInt32BE(tag, to);
    kept.writeUInt32BE(tag === ACL_USER || tag === ACL_GROUP ? acl.readUInt32LE(from + 4) : NO_ID, to + 4);
    kept.writeUInt16BE(acl.readUInt16LE(from + 2), to + 8);
  }
  return kept;
}
