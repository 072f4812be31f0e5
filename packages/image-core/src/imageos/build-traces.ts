import { lstat, readdir, truncate } from 'node:fs/promises';
import { join } from 'node:path';
import { resolveInRoot } from './resolve-in-root.js';
import { unlessMissing } from './root-files.js';

/** Folders whose whole content is of the build and not of the image; the folders themselves belong to packages. */
const EMPTIED = [
  '/tmp',
  '/var/tmp',
  '/run',
  '/var/lib/apt/lists',
  '/var/cache/apt/archives',
  '/var/cache/dnf',
  '/var/cache/libdnf5',
  '/var/cache/tdnf',
  '/var/cache/yum',
  // What scriptlets of one rpm transaction tell each other.
  '/var/lib/rpm-state',
  // Where Azure Linux's /var/log/dracut.log leads.
  '/var/opt/dracut/log',
];

/** Where rpm keeps its database; the second is Fedora's place. */
const RPM_DATABASES = ['/var/lib/rpm', '/usr/lib/sysimage/rpm'];
/** Locks, and what Berkeley DB shares between processes. */
const RPM_LOCKS = /^(\..*lock|__db.*)$/;

/** Single files, by folder and name. */
const REMOVED: readonly (readonly [folder: string, name: RegExp])[] = [
  // Backups that account tools, dpkg and debconf leave beside a file that they rewrite.
  ['/etc', /^(passwd|shadow|group|gshadow|subuid|subgid)-$/],
  ['/etc', /^(\.pwd\.lock|\.updated|\.resolv\.conf\.systemd-resolved\.bak)$/],
  ['/var', /^\.updated$/],
  ['/var/lib/dpkg', /-old$/],
  ['/var/cache/debconf', /-old$/],
  ['/var/cache/apt', /\.bin$/],
  ['/var/cache/ldconfig', /^aux-cache$/],
  // What must differ between machines.
  ['/var/lib/systemd', /^(random-seed|credential\.secret)$/],
  ['/root', /^\.bash_history$/],
];

/** Left where a configuration file stood already. */
const OLD_CONFIGURATION = /\.(dpkg-(old|tmp|bak)|ucf-old|rpmnew|rpmsave|rpmorig)$/;
/** Binary logs that their readers expect to exist, with mode and group as packages made them. */
const LOGIN_RECORDS = /^(wtmp|btmp|lastlog|faillog|tallylog)$/;

/** The paths in the image that only tell of its making. */
export async function buildTraces(rootfs: string): Promise<string[]> {
  const traces: string[] = [];
  for (const folder of EMPTIED) {
    for (const name of await list(rootfs, folder)) traces.push(join(folder, name));
  }
  for (const [folder, pattern] of REMOVED) {
    for (const name of await list(rootfs, folder)) if (pattern.test(name)) traces.push(join(folder, name));
  }
  for (const folder of RPM_DATABASES) {
    for (const name of await list(rootfs, folder)) if (RPM_LOCKS.test(name)) traces.push(join(folder, name));
  }
  const inEtc = await filesBelow(rootfs, '/etc');
  const logs = await filesBelow(rootfs, '/var/log');
  traces.push(...inEtc.filter((path) => OLD_CONFIGURATION.test(path)));
  traces.push(...logs.filter((path) => !LOGIN_RECORDS.test(path.slice('/var/log/'.length))));
  if (await isPolicyOfTheBuild(rootfs)) traces.push(POLICY);
  return traces;
}

/**
 * Makes empty what tells of the build, and is missed where there is no such file: the records of logins, and the index
 * of SQLite's write-ahead log once all of the log is in rpm's database. Without these two files nobody but root can read
 * it (sqlite.org/walformat.html, 2.3; rpm keeps them for that). A log with content is a part of the database.
 */
export async function emptyRecords(rootfs: string): Promise<void> {
  for (const name of await list(rootfs, '/var/log')) {
    if (LOGIN_RECORDS.test(name)) await truncate(await resolveInRoot(rootfs, join('/var/log', name)));
  }
  for (const folder of RPM_DATABASES) {
    const names = await list(rootfs, folder);
    for (const name of names.filter((each) => each.endsWith('.sqlite-wal'))) {
      const log = await resolveInRoot(rootfs, join(folder, name), 'keep');
      const index = log.replace(/wal$/, 'shm');
      const isRead = (await lstat(log)).size === 0;
      // A link would lead out of the root file system.
      if (isRead && (await unlessMissing(lstat(index)))?.isFile() === true) await truncate(index);
    }
  }
}

const POLICY = '/usr/sbin/policy-rc.d';

/** A plain file keeps services from starting during a build; packages bring it as a link of update-alternatives. */
async function isPolicyOfTheBuild(rootfs: string): Promise<boolean> {
  const status = await unlessMissing(lstat(await resolveInRoot(rootfs, POLICY, 'keep')));
  return status?.isFile() === true;
}

async function list(rootfs: string, folder: string): Promise<string[]> {
  return (await unlessMissing(readdir(await resolveInRoot(rootfs, folder)))) ?? [];
}

/** Regular files, links left alone. */
async function filesBelow(rootfs: string, folder: string): Promise<string[]> {
  const base = await resolveInRoot(rootfs, folder);
  const entries = (await unlessMissing(readdir(base, { recursive: true, withFileTypes: true }))) ?? [];
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.parentPath.slice(base.length), entry.name));
}
