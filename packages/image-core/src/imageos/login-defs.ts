/** What login.defs(5) settles about new accounts. */
export interface LoginDefs {
  readonly minimumUid: number;
  readonly maximumUid: number;
  readonly minimumGid: number;
  readonly maximumGid: number;
  readonly minimumSystemGid: number;
  readonly maximumSystemGid: number;
  readonly minimumSubId: number;
  readonly subIdCount: number;
  /** Permission bits of a new home directory. */
  readonly homeMode: number;
  /** Days, as in shadow(5); undefined leaves the field empty. */
  readonly passwordMinimumAge: number | undefined;
  readonly passwordMaximumAge: number | undefined;
  readonly passwordWarning: number | undefined;
}

/** Reads /etc/login.defs; keys that are missing have shadow's own defaults, but homes are private (adduser(8) on Debian). Pure. */
export function parseLoginDefs(text: string): LoginDefs {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const [key, value] = line.trim().split(/\s+/);
    if (key !== undefined && value !== undefined && !key.startsWith('#')) values.set(key, value);
  }
  const number = <T>(key: string, otherwise: T) => {
    const value = values.get(key) ?? '';
    if (/^0[0-7]+$/.test(value)) return Number.parseInt(value, 8);
    return /^\d+$/.test(value) ? Number(value) : otherwise;
  };
  return {
    minimumUid: number('UID_MIN', 1000),
    maximumUid: number('UID_MAX', 60000),
    minimumGid: number('GID_MIN', 1000),
    maximumGid: number('GID_MAX', 60000),
    minimumSystemGid: number('SYS_GID_MIN', 101),
    maximumSystemGid: number('SYS_GID_MAX', 999),
    minimumSubId: number('SUB_UID_MIN', 100000),
    subIdCount: number('SUB_UID_COUNT', 65536),
    homeMode: number('HOME_MODE', 0o700),
    passwordMinimumAge: number('PASS_MIN_DAYS', undefined),
    passwordMaximumAge: number('PASS_MAX_DAYS', undefined),
    passwordWarning: number('PASS_WARN_AGE', undefined),
  };
}
