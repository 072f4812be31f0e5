import {
  Composer,
  type CST,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  type Node,
  type Pair,
  Parser,
  visit,
} from 'yaml';
import { type Problem, problemsError } from '../config/problem.js';
import type { Located, LocatedEntry, LocatedMap } from './located.js';
import type { Position } from './position.js';

/** Values that a template may hold once its aliases are followed: a bomb of anchors is refused, an honest template is far below. */
const VALUES_LIMIT = 50_000;
const DEPTH_LIMIT = 64;
const CHARACTERS_LIMIT = 1_000_000;
/** After the first faults the parser only guesses. */
const FAULTS_SHOWN = 5;
/** Keys that are there twice are found below: the parser compares each with each. */
const OPTIONS = {
  version: '1.2',
  strict: true,
  prettyErrors: false,
  logLevel: 'silent',
  uniqueKeys: false,
} as const;
const TWICE = 'this key is there twice';

/** What walking a document needs: how offsets become places, and how much was seen. */
interface Walk {
  place(offset: number | undefined): Position;
  resolve(node: Node): Node | undefined;
  values: number;
}

class Refused extends Error {
  constructor(
    readonly at: Position,
    message: string,
  ) {
    super(message);
  }
}

/**
 * Reads one YAML 1.2 document into data that knows its places. Pure.
 *
 * @throws ToolchainError TEMPLATE_SYNTAX for what is not YAML: duplicate keys, tabs, unknown tags, several documents, bombs of anchors
 */
export function readYaml(text: string, file: string): Located {
  const counter = new LineCounter();
  const place = (offset: number | undefined): Position => {
    const { line, col } = counter.linePos(offset ?? 0);
    return { file, line, column: col };
  };
  try {
    if (text.length > CHARACTERS_LIMIT) throw new Refused(place(0), 'a template is no longer than 1 MB');
    const composer = new Composer(OPTIONS);
    const [document, second] = composer.compose(parsed(text, file, counter));
    if (document === undefined) return { kind: 'scalar', value: null, source: '', at: place(0) };
    const faults = [...document.errors, ...document.warnings]
      .slice(0, FAULTS_SHOWN)
      .map((fault) => syntaxProblem(place(fault.pos[0]), `not YAML: ${fault.message}`));
    if (faults.length > 0) throw problemsError(faults);
    if (second !== undefined)
      throw new Refused(place(second.range[0]), 'a second document begins here; a file holds one');
    const targets = aliasTargets(document.contents);
    const walk: Walk = { place, resolve: (node) => (isAlias(node) ? targets.get(node) : node), values: 0 };
    return located(document.contents, walk, 0);
  } catch (error) {
    if (error instanceof Refused)
      throw problemsError([{ code: 'TEMPLATE_SYNTAX', at: error.at, message: error.message }]);
    throw error;
  }
}

/**
 * The whole text as the parser has it, for the composer. That recurses, and a regular expression that is first compiled at
 * the end of the stack kills the process (V8 takes it for being out of memory). The parser keeps a stack of its own: depth
 * is seen there in time.
 */
function parsed(text: string, file: string, counter: LineCounter): CST.Token[] {
  counter.addNewLine(0);
  const parser = new Parser(counter.addNewLine);
  const tokens: CST.Token[] = [];
  let faults = 0;
  for (const lexeme of new Lexer().lex(text)) {
    for (const token of parser.next(lexeme)) {
      tokens.push(token);
      if (token.type === 'error') faults += 1;
    }
    // A megabyte of faults would take the parser a minute.
    if (faults > FAULTS_SHOWN) break;
    if (parser.stack.length <= DEPTH_LIMIT + 2) continue;
    const { line, col } = counter.linePos(parser.offset - lexeme.length);
    throw tooDeep({ file, line, column: col });
  }
  return [...tokens, ...parser.end()];
}

/** What each alias stands for: the last node before it that has its anchor. One pass, where `Alias.resolve` takes one for each alias. */
function aliasTargets(contents: Node | null): ReadonlyMap<Node, Node | undefined> {
  const anchors = new Map<string, Node>();
  const targets = new Map<Node, Node | undefined>();
  visit(contents, {
    Alias: (_, alias) => void targets.set(alias, anchors.get(alias.source)),
    Value: (_, node) => {
      if (node.anchor !== undefined) anchors.set(node.anchor, node);
    },
  });
  return targets;
}

function tooDeep(at: Position): Refused {
  return new Refused(at, `values are nested more than ${DEPTH_LIMIT} deep`);
}

function located(written: Node | null, walk: Walk, depth: number): Located {
  const at = walk.place(written?.range?.[0]);
  walk.values += 1;
  if (walk.values > VALUES_LIMIT)
    throw new Refused(at, `aliases blow this file up to more than ${VALUES_LIMIT} values`);
  if (depth > DEPTH_LIMIT) throw tooDeep(at);
  const node = written === null ? null : walk.resolve(written);
  if (node === undefined) throw new Refused(at, 'this alias has no anchor before it');
  if (isMap(node)) return locatedMap(node.items, at, { walk, depth });
  if (isSeq(node)) {
    return {
      kind: 'list',
      items: node.items.map((item) => located(item as Node | null, walk, depth + 1)),
      at,
    };
  }
  if (isScalar(node)) {
    const { value } = node;
    const plain =
      typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean' ? value : null;
    return { kind: 'scalar', value: plain, source: node.source ?? '', at };
  }
  return { kind: 'scalar', value: null, source: '', at };
}

function locatedMap(pairs: readonly Pair[], at: Position, inside: { walk: Walk; depth: number }): LocatedMap {
  const { walk, depth } = inside;
  const entries = new Map<string, LocatedEntry>();
  for (const pair of pairs) {
    const written = pair.key as Node | null;
    const key = walk.place(written?.range?.[0] ?? (pair.value as Node | null)?.range?.[0]);
    const name = written === null ? undefined : walk.resolve(written);
    if (!isScalar(name)) throw new Refused(key, 'a key must be a word');
    const text = String(name.value);
    if (entries.has(text)) throw new Refused(key, TWICE);
    entries.set(text, { key, value: located(pair.value as Node | null, walk, depth + 1) });
  }
  return { kind: 'map', entries, at };
}

function syntaxProblem(at: Position, message: string): Problem {
  return {
    code: 'TEMPLATE_SYNTAX',
    at,
    message,
    hint: 'correct the YAML; indent with blanks, never with tabs',
  };
}
