import { sha256 } from '@ic/utils';

/** Something in an OCI layout, by its hash. */
export interface OciBlob {
  readonly mediaType: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface OciImage {
  /** Of the image; with the version, what programs call it. */
  readonly name: string;
  readonly version: string;
  readonly description: string;
  readonly arch: 'x86_64' | 'aarch64';
  /** Seconds since 1970. */
  readonly epoch: number;
  /** SHA-256 of the layer's archive before it is compressed, lower-case hex. */
  readonly diffId: string;
  readonly layer: OciBlob;
}

/** The documents of an image, as bytes, because their hashes count. */
export interface OciDocuments {
  readonly config: Buffer;
  readonly manifest: Buffer;
  readonly index: Buffer;
}

/** As Go calls the architectures. */
const ARCHITECTURES = { x86_64: 'amd64', aarch64: 'arm64' } as const;

const INDEX = 'application/vnd.oci.image.index.v1+json';
const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';

/**
 * Configuration, manifest and index of an image with one layer (OCI image specification 1.1). Its program is the
 * system's init, which is stopped as systemd wants it in containers (systemd(1), SIGRTMIN+3). Pure.
 */
export function ociDocuments(image: OciImage): OciDocuments {
  const { name, version, description, epoch, diffId, layer } = image;
  const created = new Date(epoch * 1000).toISOString().replace(/\.\d+Z$/, 'Z');
  const platform = { architecture: ARCHITECTURES[image.arch], os: 'linux' };
  const config = json({
    created,
    ...platform,
    config: {
      Env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      Cmd: ['/sbin/init'],
      StopSignal: 'SIGRTMIN+3',
    },
    rootfs: { type: 'layers', diff_ids: [`sha256:${diffId}`] },
    history: [{ created, created_by: 'ic build' }],
  });
  const manifest = json({
    schemaVersion: 2,
    mediaType: MANIFEST,
    config: descriptor({ mediaType: CONFIG, bytes: config.length, sha256: sha256(config) }),
    layers: [descriptor(layer)],
    annotations: {
      'org.opencontainers.image.created': created,
      'org.opencontainers.image.title': name,
      'org.opencontainers.image.version': version,
      ...(description === '' ? {} : { 'org.opencontainers.image.description': description }),
    },
  });
  const index = json({
    schemaVersion: 2,
    mediaType: INDEX,
    manifests: [
      {
        ...descriptor({ mediaType: MANIFEST, bytes: manifest.length, sha256: sha256(manifest) }),
        platform,
        annotations: { 'org.opencontainers.image.ref.name': referenceOf(version) },
      },
    ],
  });
  return { config, manifest, index };
}

function descriptor({ mediaType, sha256: digest, bytes }: OciBlob) {
  return { mediaType, digest: `sha256:${digest}`, size: bytes };
}

/** The version as a reference (image-layout.md, "org.opencontainers.image.ref.name"), which has no tilde. */
function referenceOf(version: string): string {
  return version
    .replace(/[^A-Za-z0-9]+/g, (separator) => (/^[-._:@+]$|^--$/.test(separator) ? separator : '-'))
    .replace(/-$/, '');
}

function json(value: object): Buffer {
  return Buffer.from(JSON.stringify(value));
}
