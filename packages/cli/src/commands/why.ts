import type { DependencyChain, PackageId } from '@ic/package-core';
import { safeText } from '../report/safe-text.js';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface WhyFlags extends TemplateFlags, RepositoryFlags {}

/** `ic why`: the shortest chain from what is asked for to a package. */
export async function why(
  name: string,
  template: string,
  flags: WhyFlags,
  session: Session,
): Promise<number> {
  const request = templateRequest(template, flags);
  const options = await resolveOptions(flags, session.io.env);
  const room = await session.library.compose();
  const chains = await room.why(name, request, options, session.context);
  session.reporter.value(safeText(chains.map(chainText).join('\n')), chains);
  return 0;
}

function chainText({ root, edges }: DependencyChain): string {
  const target = edges.at(-1)?.to ?? root.to;
  const asked = root.because === root.to.name ? 'is asked for' : `is asked for: ${root.because}`;
  const lines = [
    ...(root.base && edges.length > 0 ? [`nothing that is asked for brings ${target.name}, but`] : []),
    `${title(root.to)} ${root.base ? `is part of every image (${root.because})` : asked}`,
    ...edges.map(
      ({ to, because }, depth) => `${'  '.repeat(depth + 1)}brings ${title(to)} (${because.join('; ')})`,
    ),
  ];
  return `${lines.join('\n')}\n`;
}

function title({ name, version, architecture }: PackageId): string {
  return `${name} ${version} ${architecture}`;
}
