import { PACKAGE, PACKAGE_WIDTH, type PackageTable } from '../primary/package-table.js';
import { TableReader } from '../primary/table-reader.js';

/**
 * What the module streams of a modulemd document hold, as `name-epoch:version-release.architecture`: all such words in
 * its `artifacts`. A YAML parser would take 400 ms for what programs always write in the same block style.
 */
export function readModularArtifacts(text: string): Set<string> {
  const artifacts = new Set<string>();
  let indent = -1;
  for (const line of text.split('\n')) {
    const at = line.search(/\S/);
    if (at === -1) continue;
    // A list may stand at the indentation of its key.
    const isWithin = indent !== -1 && (at > indent || (at === indent && line[at] === '-'));
    if (!isWithin) indent = /^\s+artifacts:/.test(line) ? at : -1;
    if (indent === -1) continue;
    // Word by word: one expression for all would look for the end of a long word from each of its letters.
    for (const word of line.split(/[\s,[\]{}"']+/)) if (/.-\d+:./s.test(word)) artifacts.add(word);
  }
  return artifacts;
}

/** Marks the packages of a table that are among the artifacts. */
export function markModular(table: PackageTable, artifacts: ReadonlySet<string>): void {
  if (artifacts.size === 0) return;
  const reader = new TableReader(table);
  for (let row = 0; row < table.count; row += 1) {
    const text = (field: number) => reader.text(row, field);
    const evr = `${text(PACKAGE.epoch) || '0'}:${text(PACKAGE.version)}-${text(PACKAGE.release)}`;
    if (artifacts.has(`${text(PACKAGE.name)}-${evr}.${text(PACKAGE.architecture)}`)) {
      table.packages[row * PACKAGE_WIDTH + PACKAGE.isModular] = 1;
    }
  }
}
