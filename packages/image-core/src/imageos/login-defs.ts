/** What login.defs(5) settles about new accounts. */
export interface LoginDefs {
  readonly minimumUid: number;
  readonly maximumUid: number;
  readonly minimumGid: number;
  readonly maximumGid: number;
  readonly minimumSubId: number;
  readonly subIdCount: number;
  /** Permission bits of a new home directory. */
  readonly homeMode: number;
  /** Days, as in shadow(5). */
  readonly passwordMinimumAge: number;
  readonly passwordMaximumAge: number;
  readonly passwordWarning: number;
}

/** Reads /etc/login.defs; keys that are missing have shadow's own defaults, but homes are private (adduser(8) on Debian). Pure. */
export function parseLoginDefs(text: string): LoginDefs {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [key, value] = line.trim().split(/\s+/);
    if (key !== undefined && value !== undefined && !key.startsWith('#')) values.set(key, value);
  }
  const number = (key: string, otherwise: number) => {
    const value = values.get(key) ?? '';
    if (/^0[0-7]+$/.test(value)) return Number.parseInt(value, 8);
    return /^\d+$/.test(value) ? Number(value) : otherwise;
  };
  return {
    minimumUid: number('UID_MIN', 1000),
    maximumUid: number('UID_MAX', 60000),
    minimumGid: number('GID_MIN', 1000),
    maximumGid: number('GID_MAX', 60000),
    minimumSubId: number('SUB_UID_MIN', 100000),
    subIdCount: number('SUB_UID_COUNT', 65536),
    homeMode: number('HOME_MODE', 0o700),
    passwordMinimumAge: number('PASS_MIN_DAYS', 0),
    passwordMaximumAge: number('PASS_MAX_DAYS', 99999),
    passwordWarning: number('PASS_WARN_AGE', 7),
  };
}
