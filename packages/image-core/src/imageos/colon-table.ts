// Lines of colon-separated fields whose first names the line: passwd(5), group(5), shadow(5), gshadow(5), subuid(5).

/** All rows of a table, comments and empty lines left out. Pure. */
export function tableRows(text: string): string[][] {
  return text
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(':'));
}

/** The first row of that name. Pure. */
export function findRow(text: string, name: string): string[] | undefined {
  return tableRows(text).find((row) => row[0] === name);
}

/** Puts a row in the place of the first one of its name, or last. Every other byte stays. Pure. */
export function putRow(text: string, row: readonly string[]): string {
  const lines = text.split('\n');
  const at = lines.findIndex((line) => line.split(':')[0] === row[0]);
  if (at >= 0) return lines.with(at, row.join(':')).join('\n');
  return `${text === '' || text.endsWith('\n') ? text : `${text}\n`}${row.join(':')}\n`;
}
