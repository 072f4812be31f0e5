import type { LockChange, LockedFile } from '@ic/package-core';

/** A table for people and programs: name, architecture, old version, new version, what for; `-` where there is none. */
export function describeLockChanges(changes: readonly LockChange[]): string {
  if (changes.length === 0) return '';
  const rows = changes.map((change) => [
    change.name,
    change.architecture,
    versionOf(change.before, change.after),
    versionOf(change.after, change.before),
    change.roles.join('+'),
  ]);
  const table = [['PACKAGE', 'ARCH', 'OLD', 'NEW', 'FOR'], ...rows];
  const widths = [0, 1, 2, 3].map((column) => Math.max(...table.map((row) => row[column]?.length ?? 0)));
  const line = (row: readonly string[]) =>
    row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ');
  return table.map((row) => `${line(row).trimEnd()}\n`).join('');
}

/** The same version from another repository or rebuilt is told by the file's hash. */
function versionOf(file: LockedFile | undefined, other: LockedFile | undefined): string {
  if (file === undefined) return '-';
  return file.version === other?.version ? `${file.version} (${file.sha256.slice(0, 12)})` : file.version;
}
