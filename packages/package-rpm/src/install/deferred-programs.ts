import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** What keeps deferred programs from working while scriptlets run. */
export interface DeferredPrograms {
  /** Host folder with a stand-in for each, to be first in the PATH of scriptlets. */
  readonly folder: string;
  /** Variables for programs that are called by their full path. */
  readonly environment: (inside: string) => Readonly<Record<string, string>>;
}

/** A program that succeeds and does nothing. */
const STAND_IN = '#!/bin/sh\nexit 0\n';
/** Where bash scripts look before they begin (bash(1), BASH_ENV). */
const GUARD = 'bash-env';

/**
 * Writes stand-ins below `work` for those of `programs` that packages bring. Nothing in the root changes: rpm installs
 * and records the programs themselves, in the middle of a transaction in which scriptlets already call them. Those that are
 * bash scripts, such as dracut, also end at once when they are called by path, and kernel-install by its own variable.
 *
 * @param programs absolute paths
 * @param files absolute paths of what packages bring
 */
export function deferPrograms(
  programs: readonly string[],
  { files, work }: { readonly files: Iterable<string>; readonly work: string },
): DeferredPrograms {
  const brought = new Set([...files].map(merged));
  const names = programs.filter((path) => brought.has(merged(path))).map((path) => basename(path));
  const folder = join(work, 'deferred');
  mkdirSync(folder, { mode: 0o755 });
  for (const name of names) writeFileSync(join(folder, name), STAND_IN, { mode: 0o755 });
  writeFileSync(join(folder, GUARD), `case "\${0##*/}" in ${names.join('|')}) exit 0;; esac\n`);
  return {
    folder,
    environment: (inside) =>
      names.length === 0
        ? {}
        : {
            BASH_ENV: join(inside, GUARD),
            ...(names.includes('kernel-install') && { KERNEL_INSTALL_BYPASS: '1' }),
          },
  };
}

/** Programs of packages may be listed below the links of a merged /usr. */
function merged(path: string): string {
  return path.replace(/^\/(usr\/)?s?bin\//, '/usr/bin/');
}
