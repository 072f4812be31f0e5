import { ImageError } from '@ic/image-core';
import { formatPosition, type JsonObject, type LoadedConfig, loadConfig } from '@ic/toolchain';
import type { TemplateRequest } from './api.js';
import { planImage } from './plan-image.js';

/**
 * Reads, merges and checks a template, and plans its disk and boot to see that they can be. No network, no root.
 *
 * @throws ToolchainError and ImageError with fault `request`
 */
export async function validate(request: TemplateRequest): Promise<LoadedConfig> {
  const loaded = await loadConfig(request);
  try {
    planImage(loaded.config);
  } catch (error) {
    throw error instanceof ImageError ? withPlace(error, loaded) : error;
  }
  return loaded;
}

interface Disk {
  readonly partitions?: readonly JsonObject[];
}

/** Plans know no files: the place of the partition that an error is about, else of the disk, is put before it. */
function withPlace(error: ImageError, { document, positionOf }: LoadedConfig): ImageError {
  const { partition } = error.details;
  const { disk } = document as { readonly disk?: Disk & { readonly additionalDisks?: readonly Disk[] } };
  const path = [disk, ...(disk?.additionalDisks ?? [])].flatMap((one, place) => {
    const index = one?.partitions?.findIndex(({ id }) => id === partition) ?? -1;
    const which = place === 0 ? [] : ['additionalDisks', place - 1];
    return index < 0 ? [] : [[...which, 'partitions', index]];
  })[0];
  const at = positionOf(['disk', ...(path ?? [])]);
  return new ImageError(error.code, `${formatPosition(at)}: ${error.message}`, {
    hint: error.hint,
    fault: error.fault,
    details: { ...error.details, ...at },
    cause: error.cause,
  });
}
