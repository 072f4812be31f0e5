import type { Repository } from '@ic/package-core';
import { nearest, redactUrl } from '@ic/utils';
import { isRepositoryUrl, readFingerprint, withoutSlash } from '../configverify/repositories-config.js';
import { ToolchainError } from '../errors.js';

/**
 * Takes repositories from other places (`--mirror NAME=URL`, the first of several before the others). Key sources below the old URL move along. Pure.
 *
 * @throws ToolchainError OVERRIDE_INVALID for an unknown name or what is not a URL
 */
export function applyMirrors(
  repositories: readonly Repository[],
  mirrors: Readonly<Record<string, string | readonly string[]>>,
): readonly Repository[] {
  const places = new Map(Object.entries(mirrors).map(([name, urls]) => [name, [urls].flat()]));
  for (const [name, urls] of places) {
    requireKnown(name, repositories, '--mirror');
    const wrong = urls.find((url) => !isRepositoryUrl(url));
    if (wrong !== undefined) {
      throw invalid(
        `--mirror ${name}: "${redactUrl(wrong)}" is not a URL`,
        'write an https:, http: or file: URL',
      );
    }
  }
  return repositories.map((repository): Repository => {
    const [url, ...others] = (places.get(repository.name) ?? []).map(withoutSlash);
    if (url === undefined) return repository;
    const moved = (source: string) =>
      repository.url !== '' && source.startsWith(`${repository.url}/`)
        ? `${url}${source.slice(repository.url.length)}`
        : source;
    const keySources = repository.keySources.map(moved);
    const stated = { url: repository.url, mirrorSource: repository.mirrorSource };
    const place = { url, mirrors: others.length === 0 ? undefined : others };
    const none = { hostMirror: undefined, mirrorSource: undefined, packageFiles: undefined };
    return { ...repository, ...place, ...none, stated, keySources };
  });
}

/**
 * Trusts keys by fingerprint (`--trust-key`): `FPR` for every repository whose keys nobody has pinned, `NAME=FPR` for
 * one more key of the named repository. Pure.
 *
 * @throws ToolchainError OVERRIDE_INVALID for an unknown name, what is not a full fingerprint, or `FPR` where all is pinned
 */
export function applyTrustKeys(
  repositories: readonly Repository[],
  trustKeys: readonly string[],
): readonly Repository[] {
  const open = new Set(
    repositories.filter((one) => one.fingerprints.length === 0 && !one.trusted).map(({ name }) => name),
  );
  const added = new Map<string, string[]>();
  for (const text of trustKeys) {
    const equals = text.indexOf('=');
    const name = equals < 0 ? undefined : text.slice(0, equals);
    const fingerprint = readFingerprint(text.slice(equals + 1));
    if (fingerprint === undefined) {
      throw invalid(
        `--trust-key ${text}: this is not a full fingerprint`,
        'write the 40 (or 64) hex digits of FPR, or NAME=FPR',
      );
    }
    if (name !== undefined) requireKnown(name, repositories, '--trust-key');
    if (name === undefined && open.size === 0) {
      throw invalid(
        `--trust-key ${text}: the keys of all repositories are pinned already`,
        'write NAME=FPR to trust one more key for one repository',
      );
    }
    for (const one of name === undefined ? open : [name])
      added.set(one, [...(added.get(one) ?? []), fingerprint]);
  }
  return repositories.map((repository) => {
    const more = added.get(repository.name);
    return more === undefined
      ? repository
      : { ...repository, fingerprints: [...new Set([...repository.fingerprints, ...more])] };
  });
}

function requireKnown(name: string, repositories: readonly Repository[], flag: string): void {
  const names = repositories.map((repository) => repository.name);
  if (names.includes(name)) return;
  const [near] = nearest(name, names);
  const guess = near === undefined ? '' : `; did you mean "${near}"?`;
  throw invalid(`${flag}: there is no repository "${name}"${guess}`, `this build has ${names.join(', ')}`);
}

function invalid(message: string, hint: string): ToolchainError {
  return new ToolchainError('OVERRIDE_INVALID', message, { fault: 'request', hint });
}
