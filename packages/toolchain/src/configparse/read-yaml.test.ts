import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ToolchainError } from '../errors.js';
import { keyPositionAt, positionAt, toJson, withoutNulls } from './located.js';
import { formatPosition } from './position.js';
import { readYaml } from './read-yaml.js';

function refusal(text: string): string {
  try {
    return `read as ${JSON.stringify(toJson(readYaml(text, 't.yml')))}`;
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    expect(error.code).toBe('TEMPLATE_SYNTAX');
    expect(error.fault).toBe('request');
    return error.message;
  }
}

describe('readYaml', () => {
  it.each([
    ['keys', (index: number) => `key${index}: 1\n`],
    ['faults', () => '}'],
  ])('takes no longer for each of many %s than for each of few', (_what, one) => {
    const cpuOf = (count: number) => {
      const text = Array.from({ length: count }, (_, index) => one(index)).join('');
      const before = process.cpuUsage();
      refusal(text);
      return process.cpuUsage(before).user;
    };
    cpuOf(1_000);
    expect(refusal('}'.repeat(100))).toBe(refusal('}'.repeat(6)));
    expect(refusal('}')).toContain('not YAML');
    // Sixteen times as much would take 256 times as long if each were compared with each.
    expect(cpuOf(48_000)).toBeLessThan(60 * cpuOf(3_000) + 100_000);
  });

  it.each([
    ['a duplicate key', 'a: 1\nb: 2\na: 3\n', 't.yml:3:1: this key is there twice'],
    ['a duplicate key written in another way', 'a: 1\n"a": 3\n', 't.yml:2:1: this key is there twice'],
    ['a key twice by an alias', 'x: &k a\ny: {a: 1, *k : 2}\n', 't.yml:2:11: this key is there twice'],
    ['a tab', 'a:\n\tb: 1\n', 't.yml:2:1: not YAML: Tabs are not allowed as indentation'],
    ['an open quote', 'a: "b\n', 't.yml:2:1: not YAML: Missing closing "quote'],
    [
      'an open list',
      'a: [1, 2\n',
      't.yml:2:1: not YAML: Flow sequence in block collection must be sufficiently indented and end with a ]',
    ],
    ['an unknown alias', 'a: *nowhere\n', 't.yml:1:4: this alias has no anchor before it'],
    ['an unknown tag', 'a: !python/object b\n', 't.yml:1:4: not YAML: Unresolved tag: !python/object'],
    ['two documents', 'a: 1\n---\nb: 2\n', 't.yml:2:1: a second document begins here; a file holds one'],
    ['a key that is a list', '? [a, b]\n: 1\n', 't.yml:1:3: a key must be a word'],
    ['a value that holds itself', 'a: &a [*a]\n', 't.yml:1:8: values are nested more than 64 deep'],
    [
      'deep nesting',
      `${'['.repeat(100)}${']'.repeat(100)}`,
      't.yml:1:66: values are nested more than 64 deep',
    ],
  ])('refuses %s', (_, text, message) => {
    expect(refusal(text)).toContain(message);
  });

  it('refuses a bomb of aliases before it goes off', () => {
    const lines = Array.from({ length: 12 }, (_, level) => {
      const below =
        level === 0
          ? '1'
          : Array(10)
              .fill(`*l${level - 1}`)
              .join(', ');
      return `l${level}: &l${level} [${below}]`;
    });
    expect(refusal(lines.join('\n'))).toMatch(/aliases blow this file up to more than 50000 values$/);
  });

  it('survives nesting that overflows a recursive parser', () => {
    for (const step of ['[', '- ', '? ', '{a: ']) {
      expect(refusal(`a:\n  ${step.repeat(100_000)}`), step).toMatch(
        /^t\.yml:\d+:\d+: values are nested more than 64 deep$/,
      );
    }
  });

  it('refuses a file that is no template by its size', () => {
    expect(refusal('#'.repeat(1_000_001))).toBe('t.yml: a template is no longer than 1 MB');
  });

  it('says the first faults of a broken file', () => {
    expect(refusal('[\n'.repeat(60)).split('\n').length).toBeLessThanOrEqual(5);
  });

  it('reads YAML 1.2, not 1.1', () => {
    expect(
      toJson(readYaml('{a: yes, b: 0644, c: 0o644, d: 1_000, e: "1", f: 2001-01-01, g: ~}', 't.yml')),
    ).toEqual({
      a: 'yes',
      b: 644,
      c: 0o644,
      d: '1_000',
      e: '1',
      f: '2001-01-01',
      g: null,
    });
  });

  it('takes an alias for the last anchor before it', () => {
    expect(toJson(readYaml('a: &x 1\nb: *x\nc: &x [2]\nd: *x\n', 't.yml'))).toEqual({
      a: 1,
      b: 1,
      c: [2],
      d: [2],
    });
  });

  it('follows aliases and keeps the place where each is used', () => {
    const tree = readYaml('a: &x\n  - 1\nb: *x\n', 't.yml');
    expect(toJson(tree)).toEqual({ a: [1], b: [1] });
    expect(formatPosition(positionAt(tree, ['b']))).toBe('t.yml:3:4');
  });

  it('knows the place of keys, values and items, counted from 1', () => {
    const tree = readYaml('# comment\r\na:\r\n  b: [x, {c: "ä"}]\r\n', 't.yml');
    expect(formatPosition(keyPositionAt(tree, ['a', 'b']))).toBe('t.yml:3:3');
    expect(formatPosition(positionAt(tree, ['a', 'b', 1, 'c']))).toBe('t.yml:3:14');
    expect(formatPosition(positionAt(tree, ['a', 'missing', 'deeper']))).toBe('t.yml:3:3');
  });

  it('keeps a key that is a name of Object.prototype as a key', () => {
    const json = toJson(readYaml('__proto__: 1\nconstructor: 2\n', 't.yml')) as object;
    expect(Object.keys(json)).toEqual(['__proto__', 'constructor']);
    expect(Object.getPrototypeOf(json)).toBe(Object.prototype);
  });

  it('drops keys without a value where asked', () => {
    expect(toJson(withoutNulls(readYaml('a:\nb: [~]\nc: {d: }\n', 't.yml')))).toEqual({ b: [null], c: {} });
  });

  it('reads what JSON writes, and throws nothing but its own error', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
        const read = toJson(readYaml(JSON.stringify(value), 't.yml'));
        expect(JSON.stringify(read)).toBe(JSON.stringify(value));
      }),
    );
    const piece = fc.constantFrom(...'-:?[]{}#&*!|>\'"%@`,\n\t  ab1~<', '---\n', 'a: ', '&a ', '*a ', '- ');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 40 }), (pieces) => {
        refusal(pieces.join(''));
      }),
      { numRuns: 500 },
    );
  });
});
