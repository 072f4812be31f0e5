import { PackageError } from '@ic/package-core';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatDependency } from './dependency.js';
import { parseEvr } from './evr.js';
import { isRich, parseRichDependency, type RichDependency } from './rich-dependency.js';

const simple = (name: string): RichDependency => ({ kind: 'simple', dependency: { name } });
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(simple) as [
  RichDependency,
  RichDependency,
  RichDependency,
  RichDependency,
];

function written(rich: RichDependency): string {
  switch (rich.kind) {
    case 'simple':
      return formatDependency(rich.dependency);
    case 'if':
    case 'unless': {
      const { kind, consequence, condition, otherwise } = rich;
      const start = `(${written(consequence)} ${kind} ${written(condition)}`;
      return otherwise === undefined ? `${start})` : `${start} else ${written(otherwise)})`;
    }
    default:
      return `(${rich.operands.map(written).join(` ${rich.kind} `)})`;
  }
}

describe('parseRichDependency', () => {
  const cases: [string, RichDependency][] = [
    ['(a)', a],
    ['((a))', a],
    ['(a and b)', { kind: 'and', operands: [a, b] }],
    ['(a and b and c)', { kind: 'and', operands: [a, b, c] }],
    ['(a or b or c)', { kind: 'or', operands: [a, b, c] }],
    ['(a with b with c)', { kind: 'with', operands: [a, b, c] }],
    ['(a without b)', { kind: 'without', operands: [a, b] }],
    ['(a if b)', { kind: 'if', consequence: a, condition: b }],
    ['(a if b else c)', { kind: 'if', consequence: a, condition: b, otherwise: c }],
    ['(a unless b)', { kind: 'unless', consequence: a, condition: b }],
    ['(a unless b else c)', { kind: 'unless', consequence: a, condition: b, otherwise: c }],
    ['(a or (b and c))', { kind: 'or', operands: [a, { kind: 'and', operands: [b, c] }] }],
    [
      '((a and (b or c)) if d)',
      {
        kind: 'if',
        consequence: { kind: 'and', operands: [a, { kind: 'or', operands: [b, c] }] },
        condition: d,
      },
    ],
    [
      '(a with (b or (c without d)))',
      {
        kind: 'with',
        operands: [a, { kind: 'or', operands: [b, { kind: 'without', operands: [c, d] }] }],
      },
    ],
    [
      '(a >= 1:2-3 and b<1)',
      {
        kind: 'and',
        operands: [
          { kind: 'simple', dependency: { name: 'a', operator: '>=', evr: parseEvr('1:2-3') } },
          simple('b<1'),
        ],
      },
    ],
    [
      '(a == 1 or b =< 2)',
      {
        kind: 'or',
        operands: [
          { kind: 'simple', dependency: { name: 'a', operator: '=', evr: parseEvr('1') } },
          { kind: 'simple', dependency: { name: 'b', operator: '<=', evr: parseEvr('2') } },
        ],
      },
    ],
    [
      '(pkgconfig(a) or libb.so.1()(64bit))',
      { kind: 'or', operands: [simple('pkgconfig(a)'), simple('libb.so.1()(64bit)')] },
    ],
    ['(/usr/bin/a or and)', { kind: 'or', operands: [simple('/usr/bin/a'), simple('and')] }],
    [
      '(a or toString or constructor)',
      { kind: 'or', operands: [a, simple('toString'), simple('constructor')] },
    ],
    ['(  a,  or\tb )', { kind: 'or', operands: [a, b] }],
  ];
  it.each(cases)('%s', (text, expected) => {
    expect(parseRichDependency(text)).toEqual(expected);
  });

  it.each([
    ['a', 'it does not begin with a parenthesis'],
    ['', 'it does not begin with a parenthesis'],
    ['()', 'an operand is missing'],
    ['(a', 'a parenthesis is not closed'],
    ['(a and', 'an operand is missing'],
    ['(a and )', 'an operand is missing'],
    ['(a >=)', 'a version is missing after "a"'],
    ['(a >=', 'a version is missing after "a"'],
    ['(a xor b)', '"xor" is no operator'],
    ['(a b)', '"b" is no operator'],
    ['(a and b or c)', 'different operators are in one chain'],
    ['(a or b if c)', 'different operators are in one chain'],
    ['(a if b if c)', '"if" can be followed by one "else" only'],
    ['(a if b else c else d)', '"if" can be followed by one "else" only'],
    ['(a unless b and c)', '"unless" can be followed by one "else" only'],
    ['(a without b without c)', '"without" can stand only once'],
    ['(a else b)', '"else" follows neither "if" nor "unless"'],
    ['(a with (b and c))', '"with" takes names, "or", "with" and "without" only'],
    ['(a without (b or (c if d)))', '"without" takes names, "or", "with" and "without" only'],
    ['(a) b', 'something follows it'],
    ['(a or b))', 'something follows it'],
    [`${'('.repeat(60)}a${')'.repeat(60)}`, 'it is nested deeper than 50'],
  ])('%s is malformed', (text, problem) => {
    const parse = (): unknown => parseRichDependency(text);
    expect(parse).toThrow(PackageError);
    expect(parse).toThrow(`"${text}" is not a rich dependency: ${problem}`);
    expect(parse).toThrow(
      expect.objectContaining({ code: 'REPOSITORY_INVALID', details: { dependency: text } }),
    );
  });

  it('reads whatever can be written', () => {
    const leaf = fc
      .constantFrom('a', 'b >= 1:2-3', 'libc.so.6()(64bit)', '/usr/bin/c')
      .map((text): RichDependency => {
        const [name = '', operator, evr] = text.split(' ');
        if (operator === undefined || evr === undefined) return simple(name);
        return { kind: 'simple', dependency: { name, operator: '>=', evr: parseEvr(evr) } };
      });
    const { set, rich } = fc.letrec<{ set: RichDependency; rich: RichDependency }>((tie) => {
      const some = (kind: 'set' | 'rich', max = 3) => fc.array(tie(kind), { minLength: 2, maxLength: max });
      return {
        set: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          leaf,
          some('set').map((operands): RichDependency => ({ kind: 'with', operands })),
          some('set', 2).map((operands): RichDependency => ({ kind: 'without', operands })),
        ),
        rich: fc.oneof(
          { depthSize: 'small', withCrossShrink: true },
          leaf,
          tie('set'),
          fc
            .tuple(fc.constantFrom('and' as const, 'or' as const), some('rich'))
            .map(([kind, operands]): RichDependency => ({ kind, operands })),
          fc
            .tuple(
              fc.constantFrom('if' as const, 'unless' as const),
              tie('rich'),
              tie('rich'),
              fc.option(tie('rich')),
            )
            .map(
              ([kind, consequence, condition, otherwise]): RichDependency =>
                otherwise === null
                  ? { kind, consequence, condition }
                  : { kind, consequence, condition, otherwise },
            ),
        ),
      };
    });
    fc.assert(
      fc.property(fc.oneof(set, rich), (dependency) => {
        const text = written(dependency);
        expect(parseRichDependency(text.startsWith('(') ? text : `(${text})`)).toEqual(dependency);
      }),
    );
  });

  it('never does anything but read or refuse', () => {
    const unit = fc.constantFrom('(', ')', ' ', 'a', '>=', 'and', 'if', 'else', 'with', ',', '1');
    fc.assert(
      fc.property(fc.string({ unit, maxLength: 30 }), (text) => {
        try {
          parseRichDependency(text);
        } catch (error) {
          expect(error).toBeInstanceOf(PackageError);
        }
      }),
    );
  });
});

it.each([
  ['(a if b)', true],
  ['a', false],
  ['config(a)', false],
])('isRich %s: %s', (name, expected) => {
  expect(isRich({ name })).toBe(expected);
});
