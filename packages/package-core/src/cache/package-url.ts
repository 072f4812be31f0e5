import { redactUrl } from '@ic/utils';
import type { PackageRef, Repository } from '../contract.js';
import { PackageError } from '../errors.js';

/**
 * The URL of a package's file. The location is a path, not a URL: its special characters are encoded, `+` too,
 * which some object stores read as a space.
 *
 * @throws PackageError LOCATION_ESCAPES when the location leaves the repository
 */
export function packageUrl(
  ref: Pick<PackageRef, 'location'>,
  repository: Pick<Repository, 'name' | 'url'>,
): string {
  const { location } = ref;
  const segments = location.split('/').filter((segment) => segment !== '.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  const isOdd = /^\/|^[a-z][a-z0-9+.-]*:\/\/|[\\\u0000-\u001f\u007f]|\p{Surrogate}/iu.test(location);
  if (isOdd || segments.length === 0 || segments.some((segment) => segment === '..' || segment === '')) {
    throw new PackageError(
      'LOCATION_ESCAPES',
      `the index of the repository "${repository.name}" places a package at ${JSON.stringify(location)}, which is not a path below ${redactUrl(repository.url)}`,
      { hint: 'the index is damaged or hostile; do not use this repository' },
    );
  }
  const path = segments.map((segment) => encodeURIComponent(segment).replaceAll('%3A', ':'));
  return `${repository.url.replace(/\/+$/, '')}/${path.join('/')}`;
}
