import type { GraphFormat } from '@ic/package-core';
import { safeText } from '../report/safe-text.js';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface DepsFlags extends TemplateFlags, RepositoryFlags {
  readonly format: GraphFormat;
}

/** `ic deps`: who brings whom among the packages that a template leads to. */
export async function deps(template: string, flags: DepsFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const options = await resolveOptions(flags, session.io.env);
  const room = await session.library.compose();
  const { formatGraph, graphData } = await session.library.packageCore();
  const graph = await room.dependencies(request, options, session.context);
  session.reporter.value(safeText(formatGraph(graph, flags.format)), graphData(graph));
  return 0;
}
