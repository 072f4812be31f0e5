import { constants } from 'node:fs';
import { usable } from './find-program.js';
import { OVMF_LOCATIONS } from './host-packages.js';

/** UEFI firmware of a virtual machine: absolute paths of OVMF's code and of the variable store that belongs to it. */
export interface Firmware {
  readonly code: string;
  readonly variables: string;
}

/** OVMF without Secure Boot as this host has it; the variable store is a pristine one to copy. */
export async function findFirmware(): Promise<Firmware | undefined> {
  for (const location of OVMF_LOCATIONS) {
    if ((await usable(location.code, constants.R_OK)) && (await usable(location.variables, constants.R_OK))) {
      return location;
    }
  }
  return undefined;
}
