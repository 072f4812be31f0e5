import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Paragraph, parseParagraphs } from './deb822.js';

/** One place of binary packages in apt's configuration (sources.list(5)). */
export interface AptSource {
  /** Base URL without a trailing slash. */
  readonly url: string;
  readonly suite: string;
  readonly components: readonly string[];
}

/**
 * The enabled binary sources of `<root>/etc/apt/sources.list` and `sources.list.d/*.list|*.sources`, in apt's order.
 * A file that cannot be read or understood counts as empty: the configuration of the host is a hint, not an input.
 */
export async function readAptSources(root: string): Promise<AptSource[]> {
  const folder = join(root, 'etc/apt/sources.list.d');
  const names = (await readdir(folder).catch(() => [])).sort();
  const paths = [join(root, 'etc/apt/sources.list'), ...names.map((name) => join(folder, name))];
  const sources = await Promise.all(
    paths.map(async (path) => {
      const parse = path.endsWith('.sources') ? parseDeb822Sources : parseListSources;
      // apt reads no other names than these; editors leave backups beside them.
      if (!/\.(?:list|sources)$/.test(path)) return [];
      return readFile(path, 'utf8')
        .then(parse)
        .catch(() => []);
    }),
  );
  return sources.flat();
}

/** One-line style: `deb [option=value …] URL suite component…`. */
export function parseListSources(text: string): AptSource[] {
  return text.split(/\r?\n/).flatMap((line) => {
    const rest = /^\s*deb\s+(?:\[[^\]]*\])?(.*)$/s.exec(line.replace(/#.*/s, ''))?.[1];
    const [url, suite, ...components] = words(rest);
    if (url === undefined || suite === undefined) return [];
    return [source(url, suite, components)];
  });
}

/** Deb822 style: paragraphs with Types, URIs, Suites, Components. */
export function parseDeb822Sources(text: string): AptSource[] {
  const paragraphs = parseParagraphs(text, (line, reason) => new Error(`line ${line}: ${reason}`));
  return paragraphs.filter(isBinaryAndEnabled).flatMap((paragraph) => {
    const components = words(paragraph.get('Components'));
    return words(paragraph.get('URIs')).flatMap((url) =>
      words(paragraph.get('Suites')).map((suite) => source(url, suite, components)),
    );
  });
}

function isBinaryAndEnabled(paragraph: Paragraph): boolean {
  const enabled = (paragraph.get('Enabled') ?? 'yes').toLowerCase();
  return words(paragraph.get('Types')).includes('deb') && !['no', 'false', 'off', '0'].includes(enabled);
}

function source(url: string, suite: string, components: readonly string[]): AptSource {
  return { url: url.replace(/(?<!\/)\/+$/, ''), suite, components };
}

function words(text: string | undefined): string[] {
  return (text ?? '').split(/\s+/).filter((word) => word !== '');
}
