import { readText } from '../imageos/root-files.js';

export interface OsIdentity {
  /** `PRETTY_NAME`, for menus. */
  readonly title: string;
  /** `IMAGE_ID` or `ID` as a file name: the entry token, the sort key and the vendor folder on the ESP. */
  readonly token: string;
}

/** The text of os-release(5); empty where there is none. */
export async function osReleaseText(rootfs: string): Promise<string> {
  return (await readText(rootfs, '/etc/os-release')) ?? (await readText(rootfs, '/usr/lib/os-release')) ?? '';
}

/** Who the operating system says it is (os-release(5)). */
export async function osIdentity(rootfs: string): Promise<OsIdentity> {
  const text = await osReleaseText(rootfs);
  const value = (name: string) => {
    const found = new RegExp(`^${name}=(?:"((?:[^"\\\\]|\\\\.)*)"|'([^']*)'|(\\S*))\\s*$`, 'm').exec(text);
    const quoted = found?.[1]?.replace(/\\(.)/g, '$1');
    return quoted ?? found?.[2] ?? found?.[3] ?? '';
  };
  const id = (value('IMAGE_ID') || value('ID') || 'linux').toLowerCase();
  return {
    title:
      value('PRETTY_NAME')
        .replace(/\p{Cc}/gu, ' ')
        .trim() || 'Linux',
    token: id.replace(/[^a-z0-9._-]+/g, '-').replace(/^[.-]+/, '') || 'linux',
  };
}
