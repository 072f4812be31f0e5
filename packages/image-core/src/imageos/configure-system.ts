import { throwIfCancelled } from '@ic/utils';
import { addFiles } from './additional-files.js';
import { configureBootSettings } from './boot-settings.js';
import { configureCloudInit } from './cloud-init.js';
import { runConfigurations } from './configurations.js';
import { configureFirstBoot } from './first-boot.js';
import { configureFstab } from './fstab.js';
import { configureGrowth } from './growth.js';
import { configureHostname } from './hostname.js';
import type { ImageSystem } from './image-system.js';
import { configureKernelModules } from './kernel-modules.js';
import { configureKeyboard } from './keyboard.js';
import { configureLocale } from './locale.js';
import { configureNetwork } from './network.js';
import { configureRepositories } from './repositories.js';
import { configureSecurityModules } from './security-modules.js';
import { configureServices } from './services.js';
import { configureSshHostKeys } from './ssh-host-keys.js';
import { makeSwapFiles } from './swap-files.js';
import { configureTimeServers } from './time-servers.js';
import { configureTimezone } from './timezone.js';
import { checkLoginPrograms, configureUsers } from './users.js';

/**
 * Makes a root file system with its packages the system that the template describes. Runs as (namespace) root, before
 * the boot loader; a second run changes nothing. The template's files come after our own and its commands come last,
 * so its author has the last word.
 *
 * @throws ImageError USER_INVALID, FILE_MISSING, SERVICE_UNKNOWN, MODULE_UNKNOWN, LOCALE_UNKNOWN, TIMEZONE_UNKNOWN, HOOK_INVALID, PACKAGE_LACKING,
 *   IMAGE_FAILED; UtilsError CANCELLED
 */
export async function configureSystem(system: ImageSystem): Promise<void> {
  await configureHostname(system);
  await configureTimezone(system);
  await configureLocale(system);
  await configureKeyboard(system);
  await configureUsers(system);
  const units = [
    ...(await configureNetwork(system)),
    ...(await configureTimeServers(system)),
    ...(await configureSshHostKeys(system)),
    ...(await configureFirstBoot(system)),
  ];
  await configureCloudInit(system);
  await configureSecurityModules(system);
  await configureRepositories(system);
  await configureKernelModules(system);
  await configureBootSettings(system);
  await configureFstab(system);
  await makeSwapFiles(system);
  await configureGrowth(system);
  throwIfCancelled(system.context.signal);
  await addFiles(system);
  await checkLoginPrograms(system);
  await configureServices(system, units);
  await runConfigurations(system);
}
