import { redactUrl } from '@ic/utils';

/** Text as it may be shown: no credentials in URLs, no control characters that could drive a terminal. */
export function safeText(text: string): string {
  return (
    text
      .replace(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, redactUrl)
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
      .replace(/\u001b\[[0-?]*[ -/]*[@-~]|[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, '')
  );
}

/** The same for every text inside plain JSON data. */
export function safeData(value: unknown): unknown {
  if (typeof value === 'string') return safeText(value);
  if (Array.isArray(value)) return value.map(safeData);
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, safeData(entry)]));
  }
  return value;
}
