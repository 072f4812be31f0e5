import type { MirrorSource, PackageFamily, Repository } from '@ic/package-core';
import type { TargetData } from '../config/target-folder.js';
import type { TemplateDocument, TemplateRepository } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';
import { snapshotTime } from './snapshot-time.js';

const DEFAULT_PRIORITY = 500;
const TRUSTED = '[trusted=yes]';

/** Keys that have a meaning in the other family alone, and what is to be said of them. */
const FOREIGN = {
  deb: {
    keys: ['excludePackages', 'mirrorList', 'metalink', 'snapshotTime'],
    reason: 'it is for rpm repositories',
    hint: 'leave it out; "allowPackages" and "priority" steer what comes from where',
  },
  rpm: {
    keys: ['component'],
    reason: 'rpm repositories have no components',
    hint: 'leave it out; the folder with repodata/ is the "url"',
  },
} as const;

/** The repositories of a build: the target's, then the template's, each with a name of its own. Pure. */
export function repositoriesConfig(
  document: TemplateDocument,
  target: TargetData,
  report: Report,
): Repository[] {
  const placed = (text: string) => text.replaceAll('{arch}', document.target.arch);
  const time = targetSnapshotTime(document, target.family, report);
  const repositories = target.repositories.map(
    (one): Repository => ({
      name: one.name,
      url: withoutSlash(placed(one.url ?? '')),
      hostMirror: one.hostMirror,
      suites: one.suites ?? [],
      components: one.components ?? [],
      keySources: one.keySources.map((source) => (isUrl(source) ? placed(source) : source)),
      fingerprints: one.fingerprints ?? [],
      trusted: false,
      signedIndex: one.signedIndex ?? true,
      weakDigests: one.weakDigests,
      priority: one.priority ?? DEFAULT_PRIORITY,
      mirrorSource: one.mirrorSource && { ...one.mirrorSource, url: placed(one.mirrorSource.url) },
      snapshotTime: time,
    }),
  );
  const names = new Set(repositories.map(({ name }) => name));
  document.packageRepositories?.forEach((one, index) => {
    const repository = templateRepository(one, target.family, {
      path: ['packageRepositories', index],
      report,
    });
    repositories.push({ ...repository, name: freeName(repository.name, names) });
  });
  return repositories;
}

function templateRepository(
  one: TemplateRepository,
  family: PackageFamily,
  where: { path: Path; report: Report },
): Repository {
  const { path, report } = where;
  const keys = [...(one.pkey === undefined ? [] : [one.pkey]), ...(one.pkeys ?? [])];
  const trusted = keys.includes(TRUSTED);
  for (const key of FOREIGN[family].keys) {
    if (one[key] === undefined) continue;
    report.add([...path, key], `"packageRepositories.${key}" is not supported: ${FOREIGN[family].reason}`, {
      code: 'TEMPLATE_UNSUPPORTED',
      hint: FOREIGN[family].hint,
    });
  }
  if (one.keepInImage === true) checkKept(one, { keys, trusted, ...where });
  const packageFiles = packageFilesOf(one, family, where);
  if (packageFiles !== undefined) {
    return {
      name: one.codename.replaceAll('/', '-'),
      ...{ url: 'local:', packageFiles, suites: [], components: [] },
      keySources: keys.filter((key) => key !== TRUSTED),
      fingerprints: fingerprintsOf(one, where),
      // Nothing but the template vouches for them, unless it names the key of the packages.
      ...{ trusted: keys.length === 0 || trusted, signedIndex: false },
      priority: one.priority ?? DEFAULT_PRIORITY,
      allowPackages: one.allowPackages,
      excludePackages: one.excludePackages,
    };
  }
  const mirrorSource = family === 'rpm' ? mirrorSourceOf(one, where) : undefined;
  if (one.url !== undefined || mirrorSource === undefined) {
    checkUrl(one.url, { trusted, at: [...path, 'url'], report });
  }
  one.mirrors?.forEach((url, index) => {
    checkUrl(url, { trusted, at: [...path, 'mirrors', index], report });
  });
  if (one.mirrors !== undefined && one.url === undefined) {
    report.add([...path, 'mirrors'], '"mirrors" stand beside a "url"', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'write the first of them as "url"; a mirror list or metalink brings its own',
    });
  }
  if (mirrorSource !== undefined) checkMirrorUrl(mirrorSource, { trusted, ...where });
  if (keys.length === 0) {
    report.add(
      path,
      `the repository "${one.codename}" has no key, so nothing that it signs could be proven`,
      {
        hint: 'give "pkey": a URL, or a file relative to the template',
      },
    );
  }
  for (const key of keys) {
    if (!/^http:/i.test(key)) continue;
    report.add(path, `the key ${key} comes over http:, where anybody on the way could change it`, {
      hint: 'use an https: URL, or a file beside the template',
    });
  }
  return {
    name: one.codename.replaceAll('/', '-'),
    added: true,
    url: withoutSlash(one.url ?? ''),
    mirrors: one.mirrors?.map(withoutSlash),
    suites: family === 'deb' ? [one.codename] : [],
    components: family === 'deb' ? (one.component ?? 'main').split(/ +/) : [],
    keySources: keys.filter((key) => key !== TRUSTED),
    fingerprints: fingerprintsOf(one, where),
    trusted,
    signedIndex: !trusted,
    weakDigests: one.weakDigests,
    priority: one.priority ?? DEFAULT_PRIORITY,
    allowPackages: one.allowPackages,
    excludePackages: one.excludePackages,
    mirrorSource,
    keepInImage: one.keepInImage === true ? true : undefined,
    snapshotTime:
      one.snapshotTime === undefined
        ? undefined
        : snapshotTime(one.snapshotTime, { path: [...path, 'snapshotTime'], report }),
  };
}

/** A device has neither the files of this machine nor its secrets, and nobody to warn of what is not signed. */
function checkKept(
  one: TemplateRepository,
  { keys, trusted, path, report }: { keys: readonly string[]; trusted: boolean; path: Path; report: Report },
): void {
  const conflict = (message: string, hint: string) =>
    report.add(
      [...path, 'keepInImage'],
      `the repository "${one.codename}" cannot be left in the image: ${message}`,
      {
        code: 'TEMPLATE_CONFLICT',
        hint,
      },
    );
  const servers = [one.url, one.mirrorList, one.metalink].filter((url) => url !== undefined);
  if (servers.length === 0 || servers.some((url) => /^file:/i.test(url)))
    conflict('it is on this machine', 'bring the packages as a repository on a server');
  if (trusted || keys.length === 0)
    conflict('it has no key by which the device could prove it', 'give its key as "pkey"');
  if (servers.some((url) => URL.canParse(url) && new URL(url).username !== ''))
    conflict('its URL has credentials in it', 'write the URL without them; they do not belong into an image');
}

function fingerprintsOf(
  { fingerprints = [] }: TemplateRepository,
  { path, report }: { path: Path; report: Report },
): string[] {
  return fingerprints.flatMap((text, index) => {
    const fingerprint = readFingerprint(text);
    if (fingerprint === undefined) {
      report.add([...path, 'fingerprints', index], `"${text}" is not a full fingerprint`, {
        hint: 'write its 40 (or 64) hex digits, as "gpg --show-keys" shows them',
      });
    }
    return fingerprint ?? [];
  });
}

/** The files of a repository without an index; undefined for one that has one. */
function packageFilesOf(
  one: TemplateRepository,
  family: PackageFamily,
  { path, report }: { path: Path; report: Report },
): readonly string[] | undefined {
  const { path: folder, packages } = one;
  if (folder === undefined && packages === undefined) return undefined;
  const sources = [...(folder === undefined ? [] : [folder]), ...(packages ?? [])];
  for (const key of ['url', 'mirrorList', 'metalink', 'component', 'snapshotTime'] as const) {
    if (one[key] === undefined) continue;
    report.add([...path, key], `package files have no index, and "${key}" is for one`, {
      code: 'TEMPLATE_CONFLICT',
      hint: 'make two repositories of it, or leave one of the two out',
    });
  }
  const keys = [...(one.pkey === undefined ? [] : [one.pkey]), ...(one.pkeys ?? [])];
  if (family === 'deb' && keys.some((key) => key !== TRUSTED)) {
    report.add(path, 'deb packages are not signed, so a key could prove nothing of their files', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'leave "pkey" out, or make a signed repository of the packages',
    });
  }
  for (const source of sources) {
    if (source.startsWith('/') || (/^(https|file):/i.test(source) && URL.canParse(source))) continue;
    report.add(path, `"${source}" is neither a path nor an https: or file: URL`, {
      hint: 'what comes without an index comes over https: or from this machine',
    });
  }
  return sources;
}

/** The time that the template sets for all repositories of the target. */
function targetSnapshotTime(
  document: TemplateDocument,
  family: PackageFamily,
  report: Report,
): string | undefined {
  const text = document.target.snapshotTime;
  if (text === undefined) return undefined;
  const path = ['target', 'snapshotTime'];
  if (family === 'rpm') return snapshotTime(text, { path, report });
  report.add(path, `"target.snapshotTime" is not supported: ${FOREIGN.deb.reason}`, {
    code: 'TEMPLATE_UNSUPPORTED',
    hint: 'leave it out, or name a snapshot of the archive with --mirror',
  });
  return undefined;
}

function mirrorSourceOf(
  { mirrorList, metalink }: TemplateRepository,
  { path, report }: { path: Path; report: Report },
): MirrorSource | undefined {
  if (mirrorList !== undefined && metalink !== undefined) {
    report.add([...path, 'metalink'], 'a repository has either "mirrorList" or "metalink"', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'keep one of the two; a metalink has checksums besides',
    });
  }
  if (metalink !== undefined) return { kind: 'metalink', url: metalink };
  return mirrorList === undefined ? undefined : { kind: 'mirrorlist', url: mirrorList };
}

function checkMirrorUrl(
  { kind, url }: MirrorSource,
  { trusted, path, report }: { trusted: boolean; path: Path; report: Report },
): void {
  const at = [...path, kind === 'metalink' ? 'metalink' : 'mirrorList'];
  if (/[<>\s]/.test(url) || !URL.canParse(url) || !/^(https?|file):/i.test(url)) {
    report.add(at, `"${url}" is not a URL`, { hint: 'write an https:, http: or file: URL' });
  } else if (trusted && /^http:/i.test(url)) {
    report.add(at, 'a list of servers over http: could be changed by anybody on the way', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'use https:, or give the key of the repository in place of [trusted=yes]',
    });
  }
}

function checkUrl(
  url: string | undefined,
  { trusted, at, report }: { trusted: boolean; at: Path; report: Report },
): void {
  if (url === undefined) {
    report.add(at.slice(0, -1), 'a repository needs a "url"');
    return;
  }
  if (!isRepositoryUrl(url)) {
    report.add(at, `"${url}" is not a URL`, {
      hint: 'write an https:, http: or file: URL, or take the repository out',
    });
  } else if (trusted && /^http:/i.test(url)) {
    report.add(at, 'an unsigned index over http: could be changed by anybody on the way', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'use https:, or give the key of the repository in place of [trusted=yes]',
    });
  }
}

/** An https:, http: or file: URL without a query or a fragment. */
export function isRepositoryUrl(text: string): boolean {
  if (/[<>\s]/.test(text) || !URL.canParse(text)) return false;
  const url = new URL(text);
  return /^(https?|file):$/.test(url.protocol) && url.search === '' && url.hash === '';
}

function isUrl(source: string): boolean {
  return /^[a-z]+:\/\//i.test(source);
}

export function withoutSlash(url: string): string {
  return url.replace(/\/+$/, '');
}

/** The upper-case digits of a full fingerprint (OpenPGP version 4: 40, version 6: 64), written with or without blanks. */
export function readFingerprint(text: string): string | undefined {
  const digits = text.replaceAll(/[\s:]/g, '').replace(/^0x/i, '').toUpperCase();
  return /^([0-9A-F]{40}|[0-9A-F]{64})$/.test(digits) ? digits : undefined;
}

function freeName(wanted: string, names: Set<string>): string {
  let name = wanted;
  for (let number = 2; names.has(name); number += 1) name = `${wanted}-${number}`;
  names.add(name);
  return name;
}
