import type { Context } from '@ic/utils';
import type { Io } from './io.js';
import type { Library } from './library.js';
import type { Reporter } from './report/reporter.js';

/** What every command is given besides its arguments. */
export interface Session {
  readonly io: Io;
  readonly library: Library;
  readonly reporter: Reporter;
  readonly context: Context;
}
