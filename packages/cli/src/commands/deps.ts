import { resolve as absolute } from 'node:path';
import type { GraphFormat } from '@ic/package-core';
import { safeText } from '../report/safe-text.js';
import type { Session } from '../session.js';
import { defaultCacheDir, type TemplateFlags, templateRequest } from '../template-request.js';

export interface DepsFlags extends TemplateFlags {
  readonly format: GraphFormat;
  readonly cacheDir?: string | undefined;
  readonly offline: boolean;
}

/** `ic deps`: who brings whom among the packages that a template leads to. */
export async function deps(template: string, flags: DepsFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const options = {
    cacheDir: absolute(flags.cacheDir ?? defaultCacheDir(session.io.env)),
    offline: flags.offline,
  };
  const room = await session.library.compose();
  const { formatGraph, graphData } = await session.library.packageCore();
  const graph = await room.dependencies(request, options, session.context);
  session.reporter.value(safeText(formatGraph(graph, flags.format)), graphData(graph));
  return 0;
}
