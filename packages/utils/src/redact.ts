/**
 * A URL as it may be shown: without user, password (which may hold an @) and control characters. Where a password with a
 * `/`, `?` or `#` that was not encoded makes it no URL at all, everything up to the last @ goes.
 */
export function redactUrl(url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const clean = url.replace(/[\u0000-\u001f\u007f]/g, '');
  const isUrl = !clean.includes('@') || URL.canParse(clean);
  return clean.replace(isUrl ? /^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i : /^([a-z][a-z0-9+.-]*:\/\/).*@/i, '$1');
}
