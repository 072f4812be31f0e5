export interface LoaderEntry {
  readonly title: string;
  readonly version: string;
  readonly sortKey: string;
  readonly options: string;
  /** Paths from the root of the ESP. */
  readonly linux: string;
  readonly initrd: string;
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
