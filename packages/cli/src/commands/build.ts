import { resolve } from 'node:path';
import type { ComposeOptions } from '@ic/compose';
import { usageError } from '../errors.js';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface BuildFlags extends TemplateFlags, RepositoryFlags {
  readonly outputDir: string;
  readonly workDir?: string | undefined;
  readonly assembly: 'direct' | 'loop';
  readonly jobs?: number | undefined;
  readonly locked: boolean;
}

/** `ic build`: a template becomes image files; their paths are the command's output. */
export async function build(template: string, flags: BuildFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const options: ComposeOptions = {
    outputDir: resolve(flags.outputDir),
    ...(await resolveOptions(flags, session.io.env)),
    workDir: flags.workDir === undefined ? undefined : resolve(flags.workDir),
    assembly: flags.assembly,
    jobs: flags.jobs,
    locked: flags.locked,
    sourceDateEpoch: sourceDateEpoch(session.io.env.SOURCE_DATE_EPOCH),
  };
  const started = performance.now();
  const { compose } = await session.library.compose();
  const result = await compose(request, options, session.context);
  const seconds = (performance.now() - started) / 1000;
  session.reporter.note(`done in ${seconds.toFixed(1)} s; what is inside: ${result.manifest}`);
  return 0;
}

/** See reproducible-builds.org/specs/source-date-epoch. */
function sourceDateEpoch(value: string | undefined): number | undefined {
  if (value === undefined || value === '') return undefined;
  if (!/^\d{1,11}$/.test(value)) throw usageError(`SOURCE_DATE_EPOCH is "${value}", not a number of seconds`);
  return Number(value);
}
