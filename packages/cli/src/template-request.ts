import { homedir } from 'node:os';
import { isAbsolute, join, resolve } from 'node:path';
import type { TemplateRequest } from '@ic/compose';
import { usageError } from './errors.js';
import type { Io } from './io.js';

/** Options shared by the commands that read a template, as commander gives them. */
export interface TemplateFlags {
  readonly set: readonly string[];
  readonly mirror: readonly string[];
  readonly trustKey: readonly string[];
  readonly targetDir: readonly string[];
}

/** @throws CliError USAGE for a --set or --mirror without `=` */
export function templateRequest(template: string, flags: TemplateFlags): TemplateRequest {
  for (const assignment of flags.set) {
    if (!/^[^=]+=/.test(assignment)) {
      throw usageError(`--set ${assignment} sets nothing`, 'write --set key.path=value');
    }
  }
  return {
    template,
    set: flags.set,
    mirrors: mirrorsOf(flags.mirror),
    trustKeys: flags.trustKey,
    targetFolders: flags.targetDir.map((path) => resolve(path)),
  };
}

/** A name that comes once has one URL, one that comes again has several. */
function mirrorsOf(texts: readonly string[]): Record<string, string | readonly string[]> {
  const mirrors: Record<string, string | readonly string[]> = {};
  for (const [name, url] of texts.map(parseMirror)) {
    const before = Object.hasOwn(mirrors, name) ? mirrors[name] : undefined;
    mirrors[name] = before === undefined ? url : [before, url].flat();
  }
  return mirrors;
}

function parseMirror(text: string): [name: string, url: string] {
  const match = /^([^=]+)=(.+)$/.exec(text);
  if (match?.[1] === undefined || match[2] === undefined) {
    throw usageError(
      `--mirror ${text} names no mirror`,
      'write --mirror NAME=URL; "ic validate" names repositories',
    );
  }
  return [match[1], match[2]];
}

/** Where downloads and intermediate results are kept when --cache-dir does not say (XDG Base Directory Specification). */
export function defaultCacheDir(env: Io['env']): string {
  const base = env.XDG_CACHE_HOME;
  // The specification: relative paths in these variables are to be ignored.
  const cache = base !== undefined && isAbsolute(base) ? base : join(env.HOME ?? homedir(), '.cache');
  return join(cache, 'image-composer');
}
