import type { Context } from '@ic/utils';
import type { Repository } from '../contract.js';

/**
 * Tells of each repository that the template trusts beyond what can be proven: REPOSITORY_TRUSTED, REPOSITORY_WEAK. To be
 * called once for a build.
 */
export function warnOfTrust(repositories: readonly Repository[], { events }: Pick<Context, 'events'>): void {
  for (const { name, trusted, weakDigests } of repositories) {
    if (trusted) {
      events({
        type: 'warning',
        code: 'REPOSITORY_TRUSTED',
        message: `repository "${name}" is marked [trusted=yes]: nothing of it is checked against any key`,
      });
    } else if (weakDigests === true) {
      events({
        type: 'warning',
        code: 'REPOSITORY_WEAK',
        message: `repository "${name}" is marked weakDigests: signatures over MD5 or SHA-1, or by short keys, which can be forged, count for it`,
      });
    }
  }
}
