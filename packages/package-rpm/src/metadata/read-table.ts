import { describeIndex, PackageError } from '@ic/package-core';
import { decodeTable, encodeTable, type PackageTable } from '../primary/package-table.js';
import { readPrimary } from '../primary/read-primary.js';
import { XmlDamage } from '../primary/xml-tags.js';
import { markModular, readModularArtifacts } from './modules.js';
import { type ListRequest, listName, readList } from './read-list.js';
import type { Repomd, RepomdFile } from './repomd.js';

/**
 * The packages of a repository. What is made of its metadata is kept beside that, and read back as long as repomd.xml
 * names the same files.
 *
 * @throws PackageError as `readList`; REPOSITORY_INVALID
 */
export async function readTable(request: ListRequest, { primary, modules }: Repomd): Promise<PackageTable> {
  const name = [primary, ...(modules ? [modules] : [])].map(listName).join('+');
  const { cache, context } = request;
  const found = async () => {
    const kept = await cache.kept(`${name}.table`);
    return kept && decodeTable(kept);
  };
  const work = async () => {
    const table = parse(request, primary, await readList(request, primary));
    if (modules !== undefined) {
      markModular(table, readModularArtifacts((await readList(request, modules)).toString('utf8')));
    }
    await cache.keep(`${name}.table`, encodeTable(table));
    return table;
  };
  return cache.once(`${name}.table`, { found, work }, context.signal);
}

function parse({ repository }: ListRequest, file: RepomdFile, bytes: Buffer): PackageTable {
  try {
    return readPrimary(bytes);
  } catch (error) {
    if (!(error instanceof XmlDamage)) throw error;
    throw new PackageError(
      'REPOSITORY_INVALID',
      `the ${file.type} metadata of ${describeIndex({ repository })} is not sound at byte ${error.offset}: ${error.message}`,
      {
        cause: error,
        hint: 'this is the fault of the repository; use another mirror of it',
        details: { repository: repository.name, path: file.path, offset: error.offset },
      },
    );
  }
}
