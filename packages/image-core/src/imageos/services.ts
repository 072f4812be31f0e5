import { nearest } from '@ic/utils';
import { ImageError } from '../errors.js';
import type { ImageSystem } from './image-system.js';
import { runInRoot } from './run-in-root.js';
import { hasUnit, unitFiles, unitName } from './unit-files.js';

/** Made by generators at boot, so there may be no file to find when one is masked. */
const GENERATED = /\.(mount|automount|swap)$/;

/**
 * Enables, disables and masks units with the image's own systemctl, offline.
 *
 * @param wanted units that the rest of the configuration needs; what the template disables or masks wins over them
 * @throws ImageError SERVICE_UNKNOWN with near names, IMAGE_FAILED
 */
export async function configureServices(system: ImageSystem, wanted: readonly string[]): Promise<void> {
  const { enable, disable, mask } = system.config.system.services;
  const refused = new Set([...disable, ...mask].map(unitName));
  const verbs = {
    disable: disable.map(unitName),
    mask: mask.map(unitName),
    enable: [...wanted.map(unitName).filter((unit) => !refused.has(unit)), ...enable.map(unitName)],
  };
  const units = await unitFiles(system.rootfs);
  for (const [verb, names] of Object.entries(verbs)) {
    for (const name of names) {
      if (!hasUnit(units, name) && !(verb === 'mask' && GENERATED.test(name)))
        throw unknownService(name, verb, units);
    }
  }
  for (const [verb, names] of Object.entries(verbs)) {
    if (names.length === 0) continue;
    const unique = [...new Set(names)];
    const command = { program: 'systemctl', args: [verb, '--', ...unique], source: 'systemctl' };
    const env = { SYSTEMD_OFFLINE: '1' };
    await runInRoot(system, command, `systemctl ${verb} ${unique.join(' ')}`, { env });
  }
}

function unknownService(name: string, verb: string, units: ReadonlySet<string>): ImageError {
  // The suffix says nothing, and in short names it would make any two of them alike.
  const suffix = name.slice(name.lastIndexOf('.'));
  const stems = [...units]
    .filter((unit) => unit.endsWith(suffix))
    .map((unit) => unit.slice(0, -suffix.length));
  const near = nearest(name.slice(0, -suffix.length), stems).map((stem) => `${stem}${suffix}`);
  return new ImageError('SERVICE_UNKNOWN', `there is no unit ${name} in the image to ${verb}`, {
    fault: 'request',
    hint:
      near.length > 0
        ? `did you mean ${near.join(', ')}?`
        : 'add the package that brings the unit to systemConfig.packages',
    details: { unit: name, verb, near },
  });
}
