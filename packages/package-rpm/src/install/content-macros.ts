import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { ContentFilter } from '@ic/package-core';
import { RootTree } from '@ic/package-core';

const FILE = 'etc/rpm/macros.image-composer';

/** The settings of rpm that leave the content out which a filter does not want; English is called C. Pure. */
export function contentMacros(
  { documentation, languages }: ContentFilter = { documentation: true },
): Record<string, string> {
  return {
    ...(documentation ? {} : { _excludedocs: '1' }),
    ...(languages === undefined ? {} : { _install_langs: ['C', 'en', ...languages].join(':') }),
  };
}

/** Writes the settings into the root, for the packages that come later. */
export function writeMacros(root: string, macros: Readonly<Record<string, string>>): void {
  const lines = Object.entries(macros).map(([name, value]) => `%${name} ${value}\n`);
  if (lines.length === 0) return;
  const tree = new RootTree(root);
  const place = tree.host(tree.locate(FILE));
  mkdirSync(dirname(place), { recursive: true });
  writeFileSync(place, lines.join(''), { mode: 0o644 });
}
