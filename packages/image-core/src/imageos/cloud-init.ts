import { readFile } from 'node:fs/promises';
import type { ImageSystem } from './image-system.js';
import { writeText } from './root-files.js';

/** Where cloud-init's NoCloud source looks in the machine itself. */
const SEED = '/var/lib/cloud/seed/nocloud';
const SETTINGS = '/etc/cloud/cloud.cfg.d/90-image-composer.cfg';

/**
 * Puts the template's files where cloud-init finds them (NoCloud: user-data and meta-data must both be there). They may hold
 * secrets, so root alone reads them. Without a network configuration cloud-init is told to leave the network to the image.
 */
export async function configureCloudInit({ rootfs, config }: ImageSystem): Promise<void> {
  const { cloudInit, hostname } = config.system;
  if (cloudInit === undefined) return;
  const { userData, metaData, networkConfig } = cloudInit;
  const { name, version } = config.image;
  const seed = async (file: string, local: string | undefined, otherwise: string | undefined) => {
    const text = local === undefined ? otherwise : await readFile(local, 'utf8');
    if (text !== undefined) await writeText(rootfs, `${SEED}/${file}`, text, { mode: 0o600 });
  };
  await seed('user-data', userData, '#cloud-config\n');
  await seed('meta-data', metaData, `instance-id: ${name}-${version}\nlocal-hostname: ${hostname}\n`);
  await seed('network-config', networkConfig, undefined);
  if (networkConfig === undefined) await writeText(rootfs, SETTINGS, 'network:\n  config: disabled\n');
}
