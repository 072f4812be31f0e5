import type { Session } from '../session.js';
import { type TemplateFlags, templateRequest } from '../template-request.js';

/** `ic validate`: reads, merges and checks a template, with no network and no root. */
export async function validate(template: string, flags: TemplateFlags, session: Session): Promise<number> {
  const request = templateRequest(template, flags);
  const room = await session.library.compose();
  const { config } = await room.validate(request);
  const { target, repositories } = config;
  const facts = {
    template,
    target: target.dist,
    architecture: target.arch,
    imageType: target.imageType,
    repositories: repositories.map((repository) => ({ name: repository.name, url: repository.url })),
  };
  session.reporter.note(
    `${template}: valid, ${target.imageType === 'raw' ? 'a' : 'an'} ${target.imageType} image of ${target.dist} for ${target.arch}`,
  );
  for (const { name, url } of facts.repositories) session.reporter.note(`repository ${name}: ${url}`);
  session.reporter.value('', facts);
  return 0;
}
