import type { GroupConfig } from '../config/image-config.js';
import type { TemplateGroup } from '../config/template-document.js';
import type { Report } from './report.js';

/** The groups of a checked document; names and numbers that are there twice are added to the report. Pure. */
export function groupsConfig(groups: readonly TemplateGroup[], report: Report): GroupConfig[] {
  return groups.map(({ name, gid, system = false }, index) => {
    const conflict = (key: string, message: string) =>
      report.add(['systemConfig', 'groups', index, key], message, {
        code: 'TEMPLATE_CONFLICT',
        hint: 'give each group a name and a number of its own',
      });
    if (groups.findIndex((other) => other.name === name) !== index)
      conflict('name', `the group "${name}" is there twice`);
    const first = groups.find((other) => gid !== undefined && other.gid === gid);
    if (first !== undefined && first.name !== name)
      conflict('gid', `the groups "${first.name}" and "${name}" both have the gid ${gid}`);
    if (gid !== undefined && (name === 'root') !== (gid === 0))
      conflict('gid', 'the gid 0 is that of root, and of nobody else');
    return { name, gid, system };
  });
}
