/** A URL as it may be shown: without user, password (which may hold an @) and control characters. */
export function redactUrl(url: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  return url.replace(/[\u0000-\u001f\u007f]/g, '').replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, '$1');
}
