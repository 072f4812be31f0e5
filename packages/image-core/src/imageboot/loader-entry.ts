import type { BootPlan } from './boot-plan.js';
import type { InstalledKernel } from './find-kernels.js';

export interface LoaderEntry {
  readonly title: string;
  readonly version: string;
  readonly sortKey: string;
  readonly options: string;
  /** Paths from the root of the ESP. */
  readonly linux: string;
  readonly initrd: string;
}

/** Name of an entry or a unified kernel image without its suffix; with the tries left where boots are counted. Pure. */
export function entryName({ tries }: BootPlan, token: string, { release }: InstalledKernel): string {
  return `${token}-${release}${tries === undefined ? '' : `+${tries}`}`;
}

/** A type #1 entry of the Boot Loader Specification, in the form that kernel-install writes. Pure. */
export function loaderEntry(entry: LoaderEntry): string {
  return [
    `title      ${entry.title}`,
    `version    ${entry.version}`,
    `sort-key   ${entry.sortKey}`,
    `options    ${entry.options}`,
    `linux      ${entry.linux}`,
    `initrd     ${entry.initrd}`,
    '',
  ].join('\n');
}
