/** A range of subordinate user or group ids. */
export interface SubIdRange {
  readonly start: number;
  readonly count: number;
}

interface Entry extends SubIdRange {
  /** Login name or numeric user id. */
  readonly owner: string;
}

/** Ids up to 65,535 exist in a distribution (`nobody` is 65534); a smaller range cannot hold a root file system. */
export const SUB_IDS_NEEDED = 65_536;

/** The ranges of one user in `/etc/subuid` or `/etc/subgid` (subuid(5)); lines that are not entries are passed over. */
export function subIdRanges(
  text: string,
  user: { readonly name: string; readonly uid: number },
): SubIdRange[] {
  return parse(text)
    .filter((entry) => entry.owner === user.name || entry.owner === String(user.uid))
    .map(({ start, count }) => ({ start, count }));
}

/** The first range that overlaps none of these files' entries, as useradd(8) would choose it. */
export function freeSubIdRange(...texts: readonly string[]): SubIdRange {
  const taken = texts.flatMap(parse);
  const start = taken.reduce((next, entry) => Math.max(next, entry.start + entry.count), 100_000);
  return { start, count: SUB_IDS_NEEDED };
}

function parse(text: string): Entry[] {
  const entries: Entry[] = [];
  for (const line of text.split('\n')) {
    const match = /^([^:#\s][^:]*):(\d+):(\d+)\s*$/.exec(line);
    if (match !== null) {
      entries.push({ owner: match[1] ?? '', start: Number(match[2]), count: Number(match[3]) });
    }
  }
  return entries;
}
