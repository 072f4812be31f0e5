import { PackageError, type PackageRef, packageUrl, type Repository } from '@ic/package-core';
import { redactUrl } from '@ic/utils';

/**
 * The URL of a package's file. Where the metadata has an absolute `xml:base`, the location is a URL: it may lead to
 * another server, but only over https:, or over http: where the repository itself is read so.
 *
 * @throws PackageError LOCATION_ESCAPES when the location leaves the repository in another way
 */
export function rpmPackageUrl(
  ref: Pick<PackageRef, 'location'>,
  repository: Pick<Repository, 'name' | 'url'>,
): string {
  const { location } = ref;
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(location)?.[1]?.toLowerCase();
  if (scheme === undefined) return packageUrl(ref, repository);
  const isAllowed = scheme === 'https' || (scheme === 'http' && repository.url.startsWith('http:'));
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const isOdd = /(?:^|\/)(?:\.|%2e){2}(?:\/|$)|[\\?#\u0000-\u0020\u007f]/i.test(location);
  if (isAllowed && !isOdd && URL.canParse(location)) return new URL(location).href;
  throw new PackageError(
    'LOCATION_ESCAPES',
    `the index of the repository "${repository.name}" places a package at ${JSON.stringify(redactUrl(location))}, which is not followed from ${redactUrl(repository.url)}`,
    { hint: 'the index is damaged or hostile; do not use this repository' },
  );
}
