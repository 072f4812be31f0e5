import { createFetcher, decompress, readAr, readTar } from '@ic/utils';

/** What a .deb brings, by URL. */
export async function listPackage(url: string): Promise<string[]> {
  const fetcher = createFetcher({ connections: 8 });
  const deb = await fetcher.bytes(url, { maxBytes: 100_000_000 });
  fetcher.close();
  const names: string[] = [];
  for (const member of readAr(deb.body)) {
    if (!member.name.startsWith('data.tar')) continue;
    const tar = await decompress(member.data, { maxBytes: 1_000_000_000 });
    for (const entry of readTar(tar)) names.push(`${entry.type} ${entry.path}`);
  }
  return names;
}
