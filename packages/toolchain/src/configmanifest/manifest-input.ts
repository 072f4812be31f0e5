import type { PackageProof, PackageRef, RepositoryProof } from '@ic/package-core';
import type { ImageConfig } from '../config/image-config.js';

/** The part of a disk plan that the manifest tells. `DiskPlan` of `@ic/image-core` fits. */
export interface ManifestDisk {
  /** Of an additional disk. */
  readonly name?: string | undefined;
  readonly table: 'gpt' | 'mbr';
  /** Bytes, as all sizes and offsets here. */
  readonly size: number;
  readonly diskId: string;
  readonly partitions: readonly {
    readonly id: string;
    readonly number: number;
    readonly name: string;
    readonly typeGuid: string;
    readonly partUuid: string;
    readonly start: number;
    readonly size: number;
    readonly fsType: string;
    readonly fsUuid?: string | undefined;
    readonly mountPoint?: string | undefined;
  }[];
  readonly additionalDisks?: readonly ManifestDisk[] | undefined;
}

export interface ManifestArtifact {
  /** Only the last part is told: a manifest does not know the machine it was made on. */
  readonly path: string;
  readonly format: string;
  readonly bytes: number;
  /** Lower-case hex. */
  readonly sha256: string;
}

/** What `buildManifest` tells of. */
export interface ManifestInput {
  readonly config: ImageConfig;
  readonly packages: readonly PackageRef[];
  readonly proofs: readonly RepositoryProof[];
  /** The signatures of the packages, those of the chroot environment among them. */
  readonly packageProofs: readonly PackageProof[];
  readonly plan: ManifestDisk;
  readonly artifacts: readonly ManifestArtifact[];
  /** Program → version: at least `ic`; tools of the chroot environment whose output is in the image. */
  readonly versions: Readonly<Record<string, string>>;
  /** SOURCE_DATE_EPOCH of the build, in seconds. */
  readonly epoch: number;
}
