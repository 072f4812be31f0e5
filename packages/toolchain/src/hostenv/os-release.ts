export interface OsRelease {
  /** Lower-case identifier: `debian`, `ubuntu` … */
  readonly id: string;
  /** What it descends from: Ubuntu says `debian`. */
  readonly idLike: readonly string[];
  readonly version: string;
  /** For people. */
  readonly prettyName: string;
}

/** Reads os-release(5): shell-like assignments with optional quotes; what is missing takes the defaults given there. */
export function parseOsRelease(text: string): OsRelease {
  const values = new Map<string, string>();
  for (const line of text.split('\n')) {
    const match = /^([A-Z][A-Z0-9_]*)=(.*?)\s*$/.exec(line.trim());
    if (match?.[1] !== undefined) values.set(match[1], unquote(match[2] ?? ''));
  }
  return {
    id: values.get('ID') ?? 'linux',
    idLike: (values.get('ID_LIKE') ?? '').split(/\s+/).filter((word) => word !== ''),
    version: values.get('VERSION_ID') ?? '',
    prettyName: values.get('PRETTY_NAME') ?? 'Linux',
  };
}

function unquote(value: string): string {
  const quote = value[0];
  if ((quote === '"' || quote === "'") && value.length > 1 && value.endsWith(quote)) {
    const inner = value.slice(1, -1);
    return quote === '"' ? inner.replace(/\\(["\\$`])/g, '$1') : inner;
  }
  return value;
}
