/** Where a value was written. */
export interface Position {
  /** The file as the user would name it, or `--set key=value`. */
  readonly file: string;
  /** From 1; 0 where the source has no lines (the command line). */
  readonly line: number;
  /** From 1, in UTF-16 units; 0 where the source has no columns. */
  readonly column: number;
}

/** `file:line:column`, or the source alone where it has no lines. */
export function formatPosition(position: Position): string {
  return position.line === 0 ? position.file : `${position.file}:${position.line}:${position.column}`;
}
