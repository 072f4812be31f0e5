import { resolve } from 'node:path';
import { formatSize } from '@ic/utils';
import type { Session } from '../session.js';
import { defaultCacheDir, type TemplateFlags, templateRequest } from '../template-request.js';

export interface FetchFlags extends TemplateFlags {
  readonly cacheDir?: string | undefined;
  readonly jobs?: number | undefined;
  readonly offline: boolean;
  readonly locked: boolean;
}

/** `ic fetch`: all that a build of the template needs is in the cache afterwards. */
export async function fetch(template: string, flags: FetchFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const cacheDir = resolve(flags.cacheDir ?? defaultCacheDir(session.io.env));
  const { jobs, offline, locked } = flags;
  const room = await session.library.compose();
  const packages = await room.fetch(request, { cacheDir, jobs, offline, locked }, session.context);
  const size = packages.reduce((sum, pkg) => sum + pkg.size, 0);
  session.reporter.value('', packages);
  session.reporter.note(`in the cache: ${packages.length} packages, ${formatSize(size)}`);
  return 0;
}
