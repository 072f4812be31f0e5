import type { PackageRef } from '@ic/package-core';
import { stringify } from 'yaml';
import { safeText } from '../report/safe-text.js';
import { type RepositoryFlags, resolveOptions } from '../resolve-options.js';
import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

export interface ResolveFlags extends TemplateFlags, RepositoryFlags {
  readonly packages: boolean;
}

/** `ic resolve`: the template with everything merged into it or, with --packages, the exact packages it leads to. */
export async function resolve(template: string, flags: ResolveFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const room = await session.library.compose();
  if (!flags.packages) {
    const { document } = await room.validate(request);
    session.reporter.value(safeText(stringify(document)), document);
    return 0;
  }
  const options = await resolveOptions(flags, session.io.env);
  const { packages } = await room.resolve(request, options, session.context);
  session.reporter.value(packages.map(packageLine).join(''), packages);
  return 0;
}

function packageLine({ name, version, architecture, repository }: PackageRef): string {
  return `${name} ${version} ${architecture} ${repository}\n`;
}
