import { open, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { removeInRoot, unlessMissing, writeLink, writeText } from './root-files.js';

const ZONEINFO = '/usr/share/zoneinfo';
/** First bytes of a compiled zone (RFC 9636 §3.1). */
const MAGIC = 'TZif';
/** Without zone files the C library and systemd know this zone alone (localtime(5)). */
const BUILT_IN = ['UTC', 'Etc/UTC'];

/**
 * Links /etc/localtime to the zone (localtime(5)); on Debian /etc/timezone names it too.
 *
 * @throws ImageError TIMEZONE_UNKNOWN with near names, or with the package that brings the zones
 */
export async function configureTimezone({ rootfs, config }: ImageSystem): Promise<void> {
  const { timezone } = config.system;
  if (await isZone(rootfs, timezone)) await writeLink(rootfs, '/etc/localtime', `..${ZONEINFO}/${timezone}`);
  else if (BUILT_IN.includes(timezone)) await removeInRoot(rootfs, '/etc/localtime');
  else throw await unknownTimezone(rootfs, timezone);
  if (config.target.family === 'deb') await writeText(rootfs, '/etc/timezone', `${timezone}\n`);
}

async function isZone(rootfs: string, name: string): Promise<boolean> {
  if (!/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/.test(name)) return false;
  const file = await unlessMissing(open(await resolveInRoot(rootfs, `${ZONEINFO}/${name}`)));
  if (file === undefined) return false;
  try {
    if (!(await file.stat()).isFile()) return false;
    const { buffer } = await file.read(Buffer.alloc(MAGIC.length), 0, MAGIC.length, 0);
    return buffer.toString('latin1') === MAGIC;
  } finally {
    await file.close();
  }
}

async function unknownTimezone(rootfs: string, timezone: string): Promise<ImageError> {
  const names = await zoneNames(rootfs);
  const near = nearest(timezone, names);
  const hint =
    names.length === 0
      ? 'add the package tzdata to systemConfig.packages; without it only UTC is known'
      : near.length > 0
        ? `did you mean ${near.join(', ')}?`
        : 'write Area/City as in Europe/Berlin; Debian 13 keeps old names in the package tzdata-legacy';
  return new ImageError('TIMEZONE_UNKNOWN', `the time zone "${timezone}" is not in the image`, {
    fault: 'request',
    hint,
    details: { timezone, near },
  });
}

/** Every `Area/City` below the zone folder, without its `posix` and `right` copies. */
async function zoneNames(rootfs: string): Promise<string[]> {
  const base = await resolveInRoot(rootfs, ZONEINFO);
  const entries = (await unlessMissing(readdir(base, { recursive: true, withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(base.length + 1))
    .filter((name) => /^[A-Z]/.test(name));
}
