/** One field of a paragraph. */
export interface Field {
  /** As it is spelt in the file. */
  readonly name: string;
  /** Without white space at either end; continuation lines follow after a newline, each with its leading blank. */
  readonly value: string;
}

/** A block of fields, in their order. */
export interface Paragraph {
  readonly fields: readonly Field[];
  /** The value of a field; case does not count in names. */
  get(name: string): string | undefined;
}

/** Makes the error for text that is not deb822; the line counts from 1. */
export type Deb822Invalid = (line: number, reason: string) => Error;

/**
 * Paragraphs of control data (deb822(5)), as tolerant as dpkg: paragraphs are parted by empty lines or lines of blanks,
 * values may be empty, lines may end in CRLF, lines that begin with `#` are comments. A paragraph with the same
 * field twice, a line without a colon and a continuation of nothing are refused.
 */
export function parseParagraphs(text: string, invalid: Deb822Invalid): Paragraph[] {
  const paragraphs: Paragraph[] = [];
  let values = new Map<string, { name: string; lines: string[] }>();
  let current: string[] | undefined;
  const finish = () => {
    if (values.size > 0) paragraphs.push(paragraph(values));
    values = new Map();
    current = undefined;
  };
  for (const [index, raw] of text.split('\n').entries()) {
    const line = trimEnd(raw);
    if (line === '') finish();
    else if (line.startsWith('#')) continue;
    else if (line.startsWith(' ') || line.startsWith('\t')) {
      if (current === undefined)
        throw invalid(index + 1, 'it continues a field, but there is none before it');
      current.push(line);
    } else {
      const { name, value } = splitField(line, (reason) => invalid(index + 1, reason));
      const key = name.toLowerCase();
      if (values.has(key)) throw invalid(index + 1, `the field ${name} comes twice`);
      current = [value];
      values.set(key, { name, lines: current });
    }
  }
  finish();
  return paragraphs;
}

function splitField(line: string, invalid: (reason: string) => Error): Field {
  const colon = line.indexOf(':');
  const name = trimEnd(line.slice(0, colon === -1 ? 0 : colon));
  // deb822(5): printable ASCII without the colon, not beginning with `#` or `-`.
  if (!/^[!-9;-~]+$/.test(name) || name.startsWith('-'))
    throw invalid('it is not of the form "Field: value"');
  return { name, value: line.slice(colon + 1).replace(/^[ \t]+/, '') };
}

function paragraph(values: ReadonlyMap<string, { name: string; lines: readonly string[] }>): Paragraph {
  const byName = new Map<string, string>();
  const fields: Field[] = [];
  for (const [key, { name, lines }] of values) {
    const value = lines.join('\n');
    fields.push({ name, value });
    byName.set(key, value);
  }
  return { fields, get: (name) => byName.get(name.toLowerCase()) };
}

/** Blanks and the CR of CRLF; not `trimEnd` of String, which also takes away other white space of Unicode. */
function trimEnd(line: string): string {
  let end = line.length;
  while (end > 0 && ' \t\r'.includes(line.charAt(end - 1))) end -= 1;
  return line.slice(0, end);
}
