import { posix } from 'node:path';

/** Diverted path → where the file goes instead and whose own file stays; `:` is the administrator's. */
export type Diversions = ReadonlyMap<string, { readonly to: string; readonly by: string }>;

/** Reads dpkg's `diversions` file: three lines each. See dpkg-divert(1). Nothing in it leads above the root. */
export function parseDiversions(text: string): Diversions {
  const lines = text.split('\n');
  const diversions = new Map<string, { to: string; by: string }>();
  for (let line = 0; line + 3 < lines.length; line += 3) {
    const [from = '', to = '', by = ''] = lines.slice(line, line + 3);
    diversions.set(from, { to: posix.normalize(to), by });
  }
  return diversions;
}
