import { checkDigests } from '../rpmfile/digests.js';
import { readPayload, readPayloadFiles } from '../rpmfile/payload.js';
import { readRpm } from '../rpmfile/rpm-file.js';

/** Does all that is done with the bytes of a package before its files are written, and counts these. */
export async function readWhole(bytes: Uint8Array): Promise<number> {
  const rpm = readRpm(bytes);
  await checkDigests(rpm, {});
  return [...readPayloadFiles(rpm, await readPayload(rpm))].length;
}
