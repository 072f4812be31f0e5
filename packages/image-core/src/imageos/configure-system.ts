import { throwIfCancelled } from '@ic/utils';
import { addFiles } from './additional-files.js';
import { runConfigurations } from './configurations.js';
import { configureFstab } from './fstab.js';
import { configureHostname } from './hostname.js';
import type { ImageSystem } from './image-system.js';
import { configureKeyboard } from './keyboard.js';
import { configureLocale } from './locale.js';
import { configureNetwork } from './network.js';
import { configureServices } from './services.js';
import { configureSshHostKeys } from './ssh-host-keys.js';
import { configureTimezone } from './timezone.js';
import { checkLoginPrograms, configureUsers } from './users.js';

/**
 * Makes a root file system with its packages the system that the template describes. Runs as (namespace) root, before
 * the boot loader; a second run changes nothing. The template's files come after our own and its commands come last,
 * so its author has the last word.
 *
 * @throws ImageError USER_INVALID, FILE_MISSING, SERVICE_UNKNOWN, LOCALE_UNKNOWN, TIMEZONE_UNKNOWN, IMAGE_FAILED; UtilsError CANCELLED
 */
export async function configureSystem(system: ImageSystem): Promise<void> {
  await configureHostname(system);
  await configureTimezone(system);
  await configureLocale(system);
  await configureKeyboard(system);
  await configureUsers(system);
  const units = [...(await configureNetwork(system)), ...(await configureSshHostKeys(system))];
  await configureFstab(system);
  throwIfCancelled(system.context.signal);
  await addFiles(system);
  await checkLoginPrograms(system);
  await configureServices(system, units);
  await runConfigurations(system);
}
