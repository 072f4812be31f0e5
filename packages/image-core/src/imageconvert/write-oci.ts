import { sha256 } from '@ic/utils';
import type { ImageArtifact } from './artifact.js';
import { type OciImage, ociDocuments } from './oci-documents.js';
import { openUstar } from './ustar.js';
import { withOutput } from './write-in-one-pass.js';

const LAYER = 'application/vnd.oci.image.layer.v1.tar';

export interface OciOptions extends Omit<OciImage, 'layer'> {
  /** The root file system as an archive, compressed with gzip or zstd. */
  readonly layer: Pick<ImageArtifact, 'path' | 'bytes' | 'sha256'> & { readonly compression: 'gz' | 'zstd' };
  readonly signal: AbortSignal;
}

/**
 * Writes an OCI image layout (image-layout.md of the OCI image specification 1.1) as an archive, which has one hash where
 * a folder has many: what `skopeo`, `podman load` and `docker load` call `oci-archive`.
 *
 * @throws UtilsError DISK_FULL, CANCELLED
 */
export async function writeOci(to: string, options: OciOptions): Promise<void> {
  const { layer, epoch, signal } = options;
  const mediaType = `${LAYER}+${layer.compression === 'gz' ? 'gzip' : 'zstd'}`;
  const { config, manifest, index } = ociDocuments({ ...options, layer: { ...layer, mediaType } });
  await withOutput(to, async (output) => {
    const archive = openUstar(output, epoch, signal);
    await archive.add('oci-layout', Buffer.from('{"imageLayoutVersion":"1.0.0"}'));
    await archive.add('index.json', index);
    await archive.addFolder('blobs');
    await archive.addFolder('blobs/sha256');
    for (const document of [manifest, config]) await archive.add(blob(sha256(document)), document);
    await archive.addFile(blob(layer.sha256), layer);
    await archive.finish();
  });
}

function blob(hash: string): string {
  return `blobs/sha256/${hash}`;
}
