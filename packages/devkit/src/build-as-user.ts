import { chown, copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { BuildImageOptions } from './build-image.js';
import type { Composer } from './composer.js';
import type { OrdinaryUser } from './ordinary-user.js';

/**
 * How an ordinary user builds in a folder of its own, with an empty cache there: nothing that root has made is used again.
 *
 * @param own absolute path of the folder, which is made; in one that everybody may look into
 */
export async function buildAsUser(
  user: OrdinaryUser | undefined,
  own: string,
  { mirror }: Composer,
): Promise<BuildImageOptions> {
  if (user === undefined) throw new Error('there is no ordinary user');
  await mkdir(own);
  await chown(own, user.uid, user.gid);
  const certificates = join(dirname(own), 'ca.pem');
  await copyFile(mirror.certificates.caFile, certificates);
  return { cacheDir: join(own, 'cache'), user, env: { NODE_EXTRA_CA_CERTS: certificates } };
}
