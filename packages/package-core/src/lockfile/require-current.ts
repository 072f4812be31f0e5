import { PackageError } from '../errors.js';
import { requestHash } from './locked-request.js';
import type { LockedRequest, Lockfile } from './lockfile.js';

/**
 * Makes sure that a lockfile answers what is asked now.
 *
 * @param subject path of the lockfile, for the message
 * @throws PackageError LOCK_STALE with the differences; the fault is the request's
 */
export function requireCurrent(lockfile: Lockfile, now: LockedRequest, subject: string): void {
  if (requestHash(now) === lockfile.requestSha256) return;
  const differences = requestDifferences(lockfile.request, now);
  throw new PackageError(
    'LOCK_STALE',
    `the template asks for something else than ${subject} was made for (- then, + now): ${differences.join('; ')}`,
    {
      fault: 'request',
      hint: '"ic lock" brings the lockfile up to date and keeps what can stay',
      details: { lockfile: subject, differences },
    },
  );
}

/** What differs between two requests, a key each: `image.packages: - vim, + nano`. */
function requestDifferences(then: LockedRequest, now: LockedRequest): string[] {
  const shared = new Set(then.repositories.map(({ name }) => name));
  const isShared = (name: string) => shared.has(name) && now.repositories.some((one) => one.name === name);
  const [before, after] = [membersOf(then, isShared), membersOf(now, isShared)];
  return [...new Set([...before.keys(), ...after.keys()])].sort().flatMap((path) => {
    const [old, young] = [before.get(path) ?? [], after.get(path) ?? []];
    const changes = [
      ...old.filter((member) => !young.includes(member)).map((member) => `- ${member}`),
      ...young.filter((member) => !old.includes(member)).map((member) => `+ ${member}`),
    ];
    return changes.length === 0 ? [] : [`${path}: ${changes.join(', ')}`];
  });
}

/** Dotted path → members of its list, one for what is no list. Repositories go by their names. */
function membersOf(
  { target, image, chroot, repositories }: LockedRequest,
  isShared: (name: string) => boolean,
): Map<string, readonly string[]> {
  const found = new Map<string, readonly string[]>();
  const visit = (value: unknown, path: string): void => {
    if (Array.isArray(value)) found.set(path, value.map(String));
    else if (typeof value === 'object' && value !== null) {
      for (const [key, member] of Object.entries(value)) visit(member, path === '' ? key : `${path}.${key}`);
    } else found.set(path, [String(value)]);
  };
  visit({ target, image, chroot, repositories: repositories.map(({ name }) => name) }, '');
  for (const { name, ...identity } of repositories) {
    if (isShared(name)) visit(identity, `repositories.${name}`);
  }
  return found;
}
