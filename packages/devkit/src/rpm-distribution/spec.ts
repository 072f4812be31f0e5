import type { Flavour } from './flavour.js';
import type { Recipe } from './recipe.js';
import type { TreeEntry } from './trees.js';

export interface SpecSubject {
  readonly recipe: Recipe;
  readonly flavour: Flavour;
  readonly version: RpmVersion;
  readonly architecture: 'x86_64' | 'noarch' | 'i686';
  /** Everything in its tree. */
  readonly entries: readonly TreeEntry[];
  /** Folders that `filesystem` owns. */
  readonly shared: ReadonlySet<string>;
}

export interface RpmVersion {
  readonly epoch?: string | undefined;
  readonly version: string;
  /** Without the dist tag. */
  readonly release: string;
}

/** Debian's `epoch:upstream-revision` as rpm can have it. */
export function rpmVersion(debian: string): RpmVersion {
  const [, epoch, upstream = '', revision] = /^(?:(\d+):)?(.*?)(?:-([^-]*))?$/.exec(debian) ?? [];
  return { epoch, version: upstream.replaceAll('-', '.'), release: revision ?? '1' };
}

/** The spec file of one package whose files lie in its build root already. */
export function specFile(subject: SpecSubject): string {
  const { recipe, flavour, version, architecture, entries } = subject;
  const {
    name,
    summary = `${name}, repackaged from Debian`,
    tags = [],
    units = [],
    scriptlets = '',
  } = recipe;
  const kernel = entries.find(({ path }) => /^\/usr\/lib\/modules\/[^/]+$/.test(path));
  const preamble = [
    ...(kernel === undefined ? [] : [`%define uname_r ${kernel.path.split('/').at(-1)}`]),
    `Name: ${name}`,
    ...(version.epoch === undefined ? [] : [`Epoch: ${version.epoch}`]),
    `Version: ${version.version}`,
    `Release: ${version.release}${flavour.dist}`,
    `Summary: ${summary}`,
    'License: various',
    'Vendor: Image Composer tests',
    'URL: https://localhost/',
    ...(architecture === 'noarch' ? ['BuildArch: noarch'] : []),
    ...(recipe.plain ? ['AutoReqProv: no'] : []),
    ...tags,
    ...(units.length === 0 ? [] : ['Requires(post): systemd']),
  ];
  return `${preamble.join('\n')}

%description
A stand-in for the package of ${flavour.title}, made for the tests of Image Composer.

${withPresets(scriptlets, units)}
%files
%defattr(-,root,root,-)
${fileLines(subject).join('\n')}
`;
}

/** The scriptlets that a service package has from systemd's macros, joined with its own. */
function withPresets(scriptlets: string, units: readonly string[]): string {
  if (units.length === 0) return scriptlets;
  const list = units.join(' ');
  const preset = `if [ $1 -eq 1 ]; then\n  systemctl --no-reload preset ${list} >/dev/null 2>&1 || :\nfi\n`;
  const own = /^%post\n/m.test(scriptlets)
    ? scriptlets.replace(/^%post\n/m, `%post\n${preset}`)
    : `${scriptlets}\n%post\n${preset}`;
  return `${own}
%preun
if [ $1 -eq 0 ]; then
  systemctl --no-reload disable --now ${list} >/dev/null 2>&1 || :
fi
`;
}

function fileLines({ recipe, entries, shared }: SpecSubject): string[] {
  const { attributes = {}, name } = recipe;
  const present = new Set(entries.map(({ path }) => path));
  const lines = entries
    .filter(({ path, kind }) => kind !== 'folder' || name === 'filesystem' || !shared.has(path))
    .map((entry) => `${directive(entry, attributes[entry.path])}${quoted(entry.path)}`);
  const ghosts = Object.entries(attributes)
    .filter(([path]) => !present.has(path))
    .map(([path, directives]) => `${directives} ${quoted(path)}`);
  return [...lines, ...ghosts];
}

function directive({ path, kind }: TreeEntry, attribute: string | undefined): string {
  if (attribute !== undefined) return `${attribute} `;
  if (kind === 'folder') return '%dir ';
  return kind === 'file' && path.startsWith('/etc/') ? '%config(noreplace) ' : '';
}

/** File names in `%files` are patterns, and white space parts them: what is special is matched by `?`. */
function quoted(path: string): string {
  const escaped = path.replace(/[[\]*?{}\\]/g, '?').replaceAll('%', '%%');
  return /\s/.test(escaped) ? `"${escaped}"` : escaped;
}
