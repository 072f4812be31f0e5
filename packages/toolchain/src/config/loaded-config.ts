import type { Position } from '../configparse/position.js';
import type { ImageConfig } from './image-config.js';

/** Which image is asked for: a template and what the command line says over it. */
export interface LoadConfigRequest {
  /** Path of the template file; relative paths count from the working directory. */
  readonly template: string;
  /** `key.path=value` over the merged template, in order. */
  readonly set?: readonly string[] | undefined;
  /** Repository name → base URL, or several in the order in which they are asked. */
  readonly mirrors?: Readonly<Record<string, string | readonly string[]>> | undefined;
  /** `FPR` or `NAME=FPR`: full fingerprints (40 or 64 hex digits). */
  readonly trustKeys?: readonly string[] | undefined;
  /** Folders searched for `OS/DIST/target.yml` before the shipped ones. */
  readonly targetFolders?: readonly string[] | undefined;
}

/** Plain JSON, as a template is once it is read. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | JsonObject;
export interface JsonObject {
  readonly [key: string]: JsonValue;
}

/** A template read, merged with its defaults and checked. */
export interface LoadedConfig {
  readonly config: ImageConfig;
  /** The merged template with its own keys: paths absolute, passwords hashed. A template that loads to the same config. */
  readonly document: JsonObject;
  /** What was merged, from the target's defaults to the template. */
  readonly files: readonly string[];
  /** Where the value at a path of `document` was written; the nearest parent's place when it has none. */
  positionOf(path: readonly (string | number)[]): Position;
}

/** The file system as `loadConfig` sees it; tests bring their own. */
export interface ConfigIo {
  /** Rejects with an errno error (`ENOENT` …) when there is no such file. */
  readFile(path: string): Promise<string>;
  /** The first bytes of a file, at most `length`. Rejects as `readFile`. */
  readStart(path: string, length: number): Promise<Buffer>;
  /** What is at a path, following links; undefined when nothing is. */
  kindOf(path: string): Promise<'file' | 'folder' | undefined>;
  /** Names in a folder, sorted; empty when there is none. */
  list(path: string): Promise<readonly string[]>;
}
