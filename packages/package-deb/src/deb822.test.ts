import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseParagraphs } from './deb822.js';

const parse = (text: string) =>
  parseParagraphs(text, (line, reason) => new Error(`${line}: ${reason}`)).map((paragraph) =>
    paragraph.fields.map(({ name, value }) => [name, value]),
  );

it.each<[string, string, string[][][]]>([
  ['nothing', '', []],
  ['blank lines only', '\n \n\t\n', []],
  ['one field', 'Package: a', [[['Package', 'a']]]],
  ['blanks around the value', 'Package: \t a \t\n', [[['Package', 'a']]]],
  ['no blank after the colon', 'Package:a:b\n', [[['Package', 'a:b']]]],
  ['an empty value', 'Essential:\n', [[['Essential', '']]]],
  ['a blank before the colon', 'Package : a\n', [[['Package', 'a']]]],
  [
    'continuation lines',
    'Description: short\n long\n .\n\tmore  \nSize: 1\n',
    [
      [
        ['Description', 'short\n long\n .\n\tmore'],
        ['Size', '1'],
      ],
    ],
  ],
  [
    'two paragraphs, blank lines with blanks between',
    'A: 1\n \t\n\nB: 2\n\n\n',
    [[['A', '1']], [['B', '2']]],
  ],
  [
    'CRLF',
    'A: 1\r\nB: 2\r\n\r\nC: 3\r\n',
    [
      [
        ['A', '1'],
        ['B', '2'],
      ],
      [['C', '3']],
    ],
  ],
  ['comments', '# first\nA: 1\n# between\n more\n', [[['A', '1\n more']]]],
])('%s', (_title, text, expected) => {
  expect(parse(text)).toEqual(expected);
});

it.each([
  ['a line without a colon', 'A: 1\nnonsense\n', '2: it is not of the form'],
  ['a name with a blank', 'A b: 1\n', '1: it is not of the form'],
  ['no name', ': 1\n', '1: it is not of the form'],
  ['a dash in front', '-A: 1\n', '1: it is not of the form'],
  ['a continuation of nothing', '\n more\n', '2: it continues a field'],
  ['a field that comes twice', 'A: 1\nB: 2\na: 3\n', '3: the field a comes twice'],
])('%s is refused', (_title, text, message) => {
  expect(() => parse(text)).toThrow(message);
});

it('finds fields whatever their case', () => {
  const [paragraph] = parseParagraphs('SHA256: x\n', () => new Error());
  expect(paragraph?.get('sha256')).toBe('x');
  expect(paragraph?.get('SHA1')).toBeUndefined();
});

describe('properties', () => {
  const name = fc.stringMatching(/^[A-Za-z][A-Za-z0-9-]{0,9}$/);
  const line = fc.stringMatching(/^[!-~]([ -~]{0,20}[!-~])?$/);
  const value = fc.array(line, { minLength: 1, maxLength: 4 }).map((lines) => lines.join('\n '));
  const paragraph = fc.uniqueArray(fc.tuple(name, value), {
    minLength: 1,
    maxLength: 5,
    selector: ([key]) => key.toLowerCase(),
  });

  it('reads back what was written', () => {
    fc.assert(
      fc.property(fc.array(paragraph, { maxLength: 4 }), (paragraphs) => {
        const text = paragraphs
          .map((fields) => fields.map(([key, v]) => `${key}: ${v}\n`).join(''))
          .join('\n');
        expect(parse(text)).toEqual(paragraphs);
      }),
    );
  });

  it('ends with paragraphs or the error of its caller, whatever the text', () => {
    class Refused extends Error {}
    const pieces = fc.array(fc.constantFrom('A', ':', ' ', '\n', '\r', '\t', '#', '-', 'é', '\0'));
    fc.assert(
      fc.property(
        fc.oneof(
          pieces.map((list) => list.join('')),
          fc.string(),
        ),
        (text) => {
          try {
            parseParagraphs(text, () => new Refused());
          } catch (error) {
            expect(error).toBeInstanceOf(Refused);
          }
        },
      ),
    );
  });
});
