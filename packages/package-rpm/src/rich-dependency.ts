import { PackageError } from '@ic/package-core';
import type { Dependency, DependencyOperator } from './dependency.js';
import { parseEvr } from './evr.js';

/** What a dependency such as `(a if b >= 2 else (c or d))` says. */
export type RichDependency =
  | { readonly kind: 'simple'; readonly dependency: Dependency }
  | { readonly kind: 'and' | 'or'; readonly operands: readonly RichDependency[] }
  /** `consequence` holds where `condition` does, or, for `unless`, where it does not; `otherwise` in the other case. */
  | {
      readonly kind: 'if' | 'unless';
      readonly consequence: RichDependency;
      readonly condition: RichDependency;
      readonly otherwise?: RichDependency | undefined;
    }
  /** A single package meets all operands, or, for `without`, the first and none of the others. */
  | { readonly kind: 'with' | 'without'; readonly operands: readonly RichDependency[] };

export function isRich(dependency: Dependency): boolean {
  return dependency.name.startsWith('(');
}

/**
 * Reads a rich dependency by the grammar of rpm's `rpmrichParse`: `and`, `or` and `with` can be repeated, the others
 * stand once, `else` follows `if` or `unless`, and within `with` and `without` there is nothing but `with`, `without`
 * and `or`. What rpm refuses only while it builds a package, as `if` within `or`, is read as it stands.
 * @throws PackageError REPOSITORY_INVALID when it is malformed
 */
export function parseRichDependency(text: string): RichDependency {
  const tokens = tokensOf(text);
  const fail = (problem: string): never => {
    throw new PackageError('REPOSITORY_INVALID', `"${text}" is not a rich dependency: ${problem}`, {
      hint: 'this is the fault of the package that has it; use another version of it',
      details: { dependency: text },
    });
  };
  let place = 0;
  const next = (): string | undefined => tokens[place++];

  function group(depth: number): RichDependency {
    if (depth > DEPTH) fail(`it is nested deeper than ${DEPTH}`);
    const operands = [operand(depth)];
    const operators: string[] = [];
    for (let token = next(); token !== ')'; token = next()) {
      if (token === undefined) return fail('a parenthesis is not closed');
      if (!OPERATORS.includes(token)) fail(`"${token}" is no operator`);
      operators.push(token);
      operands.push(operand(depth));
    }
    return combine(operators, operands);
  }

  function operand(depth: number): RichDependency {
    const token = next();
    if (token === '(') return group(depth + 1);
    if (token === undefined || token === ')') return fail('an operand is missing');
    const operator = COMPARISONS.get(tokens[place] ?? '');
    if (operator === undefined) return { kind: 'simple', dependency: { name: token } };
    place += 1;
    const version = next();
    if (version === undefined || version === ')' || version === '(')
      return fail(`a version is missing after "${token}"`);
    return { kind: 'simple', dependency: { name: token, operator, evr: parseEvr(version) } };
  }

  function combine(operators: readonly string[], operands: readonly RichDependency[]): RichDependency {
    const [first, second, third] = operands;
    const [operator, further] = operators;
    if (first === undefined || operator === undefined || second === undefined)
      return first ?? fail('it is empty');
    switch (operator) {
      case 'and':
      case 'or':
      case 'with':
        if (operators.some((other) => other !== operator))
          return fail('different operators are in one chain');
        break;
      case 'without':
        if (operators.length > 1) return fail('"without" can stand only once');
        break;
      case 'if':
      case 'unless':
        if (further === undefined) return { kind: operator, consequence: first, condition: second };
        if (further !== 'else' || operators.length > 2)
          return fail(`"${operator}" can be followed by one "else" only`);
        return { kind: operator, consequence: first, condition: second, otherwise: third };
      default:
        return fail(`"${operator}" follows neither "if" nor "unless"`);
    }
    if (operator === 'with' || operator === 'without') {
      if (!operands.every(isSet)) return fail(`"${operator}" takes names, "or", "with" and "without" only`);
    }
    return { kind: operator, operands };
  }

  if (next() !== '(') fail('it does not begin with a parenthesis');
  const result = group(1);
  if (place < tokens.length) fail('something follows it');
  return result;
}

/** Nobody writes more than three; a repository is not to exhaust the stack. */
const DEPTH = 50;

const OPERATORS: readonly string[] = ['and', 'or', 'if', 'unless', 'else', 'with', 'without'];

const COMPARISONS: ReadonlyMap<string, DependencyOperator> = new Map([
  ['<', '<'],
  ['<=', '<='],
  ['=<', '<='],
  ['=', '='],
  ['==', '='],
  ['>=', '>='],
  ['=>', '>='],
  ['>', '>'],
]);

/** Whether rpm can make it a set of packages. */
function isSet(rich: RichDependency): boolean {
  if (rich.kind === 'simple') return true;
  return ['or', 'with', 'without'].includes(rich.kind) && 'operands' in rich && rich.operands.every(isSet);
}

/** Parentheses of its own and words; a word may have balanced ones in it: `libc.so.6()(64bit)`. */
function tokensOf(text: string): string[] {
  const tokens: string[] = [];
  for (let place = 0; place < text.length; ) {
    const char = text[place] ?? '';
    if (/[\s,]/.test(char)) {
      place += 1;
    } else if (char === '(' || char === ')') {
      tokens.push(char);
      place += 1;
    } else {
      const end = endOfWord(text, place);
      tokens.push(text.slice(place, end));
      place = end;
    }
  }
  return tokens;
}

function endOfWord(text: string, start: number): number {
  let open = 0;
  let end = start;
  for (; end < text.length; end += 1) {
    const char = text[end] ?? '';
    if (/[\s,]/.test(char) || (char === ')' && open === 0)) break;
    open += Number(char === '(') - Number(char === ')');
  }
  return end;
}
