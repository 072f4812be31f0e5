import { formatSize } from '@ic/utils';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface FetchFlags extends TemplateFlags, RepositoryFlags {
  readonly jobs?: number | undefined;
  readonly locked: boolean;
}

/** `ic fetch`: all that a build of the template needs is in the cache afterwards. */
export async function fetch(template: string, flags: FetchFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const { jobs, locked } = flags;
  const options = { ...(await resolveOptions(flags, session.io.env)), jobs, locked };
  const room = await session.library.compose();
  const packages = await room.fetch(request, options, session.context);
  const size = packages.reduce((sum, pkg) => sum + pkg.size, 0);
  session.reporter.value('', packages);
  session.reporter.note(`in the cache: ${packages.length} packages, ${formatSize(size)}`);
  return 0;
}
