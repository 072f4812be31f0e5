import { dirname, isAbsolute, join, resolve } from 'node:path';
import { messageOf } from '@ic/utils';
import { anchorPaths } from '../configparse/anchor-paths.js';
import { type LocatedMap, withoutNulls } from '../configparse/located.js';
import { formatPosition, type Position } from '../configparse/position.js';
import { readYaml } from '../configparse/read-yaml.js';
import { checkSchema } from '../configverify/check-schema.js';
import { ToolchainError } from '../errors.js';
import type { ConfigIo } from './loaded-config.js';
import { type Problem, problemsError, throwProblems } from './problem.js';
import { schemaNamed } from './template-schema.js';

/** One file of a chain. */
export interface TemplateFile {
  /** As the user would name it. */
  readonly file: string;
  /** Without `extends`; paths in it are absolute. */
  readonly tree: LocatedMap;
}

/** Longer chains are a mistake, not a design. */
const CHAIN_LIMIT = 32;

/**
 * Reads a template and all that it `extends`, root first. Every file is held against the schema on its own.
 *
 * @throws ToolchainError TEMPLATE_NOT_FOUND (at the `extends` that named it), TEMPLATE_SYNTAX, TEMPLATE_INVALID, TEMPLATE_CYCLE
 */
export async function readChain(template: string, io: ConfigIo): Promise<TemplateFile[]> {
  const chain: TemplateFile[] = [];
  const names: string[] = [];
  let next: { file: string; from?: Position | undefined } | undefined = { file: template };
  while (next !== undefined) {
    const { file, from }: { file: string; from?: Position | undefined } = next;
    names.push(file);
    if (names.slice(0, -1).some((name) => resolve(name) === resolve(file)) || names.length > CHAIN_LIMIT) {
      throw cycle(names, from);
    }
    const { tree, parent }: { tree: LocatedMap; parent: ExtendsKey | undefined } = await readTemplate(
      file,
      from,
      io,
    );
    chain.unshift({ file, tree });
    next = parent === undefined ? undefined : { file: relativeTo(file, parent.file), from: parent.at };
  }
  return chain;
}

interface ExtendsKey {
  readonly file: string;
  readonly at: Position;
}

/** Reads one template file and holds it against the schema. */
export async function readTemplate(
  file: string,
  from: Position | undefined,
  io: ConfigIo,
): Promise<{ tree: LocatedMap; parent: ExtendsKey | undefined }> {
  const tree = readYaml(await textOf(file, from, io), file);
  if (tree.kind !== 'map') {
    const what = tree.kind === 'list' ? 'a list' : tree.value === null ? 'empty' : 'a single value';
    throw problemsError([
      {
        code: 'TEMPLATE_INVALID',
        at: tree.at,
        message: `a template is a mapping of keys, this file is ${what}`,
      },
    ]);
  }
  throwProblems(checkSchema(tree, schemaNamed('template')));
  const entries = new Map(withoutNulls(tree).entries);
  const parent = entries.get('extends')?.value;
  entries.delete('extends');
  return {
    tree: anchorPaths({ ...tree, entries }, dirname(file)),
    parent: parent?.kind === 'scalar' ? { file: String(parent.value), at: parent.at } : undefined,
  };
}

async function textOf(file: string, from: Position | undefined, io: ConfigIo): Promise<string> {
  try {
    return await io.readFile(file);
  } catch (cause) {
    const absent = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    const why = absent ? 'there is no such file' : messageOf(cause);
    if (from === undefined) {
      throw new ToolchainError('TEMPLATE_NOT_FOUND', `cannot read the template ${file}: ${why}`, {
        cause,
        fault: 'request',
        hint: 'check the path; relative paths count from the working directory',
      });
    }
    const problem: Problem = {
      code: 'TEMPLATE_NOT_FOUND',
      at: from,
      message: `cannot read ${file}, which this extends: ${why}`,
      hint: 'a relative path in "extends" counts from the folder of the file that it stands in',
    };
    throw problemsError([problem]);
  }
}

function cycle(names: readonly string[], from: Position | undefined): ToolchainError {
  const closed = names.length <= CHAIN_LIMIT;
  const message = closed ? 'extends comes back to itself' : `a chain of more than ${CHAIN_LIMIT} files`;
  const place = from === undefined ? '' : `${formatPosition(from)}: `;
  return new ToolchainError('TEMPLATE_CYCLE', `${place}${message}: ${names.join(' → ')}`, {
    fault: 'request',
    hint: 'take "extends" out of one of these files',
    details: { chain: [...names], ...from },
  });
}

function relativeTo(file: string, path: string): string {
  return isAbsolute(path) ? path : join(dirname(file), path);
}
