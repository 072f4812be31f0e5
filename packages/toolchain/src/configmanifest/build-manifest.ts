import { basename } from 'node:path';
import type { IndexChain, PackageRef, Repository } from '@ic/package-core';
import { redactUrl } from '@ic/utils';
import type { ImageConfig } from '../config/image-config.js';
import type { JsonObject } from '../config/loaded-config.js';
import type { ManifestDisk, ManifestInput } from './manifest-input.js';

/**
 * The manifest of a build, as `schema/manifest.schema.json` describes it: plain JSON whose keys and lists have a fixed
 * order, so that the same build gives the same text. It holds no secret and no path of the machine it was made on. Pure.
 */
export function buildManifest(input: ManifestInput): JsonObject {
  const { config, epoch } = input;
  const { os, dist, arch, imageType, family } = config.target;
  return {
    manifestVersion: 1,
    image: {
      name: config.image.name,
      version: config.image.version,
      description: config.metadata.description,
    },
    target: { os, dist, arch, imageType, family },
    created: new Date(epoch * 1000).toISOString().replace(/\.\d+Z$/, 'Z'),
    tools: Object.fromEntries(Object.entries(input.versions).sort(([a], [b]) => compare(a, b))),
    system: systemOf(config),
    ...(imageType === 'img' ? {} : { disk: diskOf(input.plan) }),
    repositories: config.repositories.map((repository) => repositoryOf(repository, input)),
    packages: [...input.packages].sort(byName).map(packageOf),
    artifacts: input.artifacts
      .map(({ path, format, bytes, sha256 }) => ({ file: basename(path), format, bytes, sha256 }))
      .sort((a, b) => compare(a.file, b.file)),
  };
}

function systemOf({ system, target }: ImageConfig): JsonObject {
  return {
    hostname: system.hostname,
    timezone: system.timezone,
    locale: system.locale,
    ...(target.imageType === 'img'
      ? {}
      : { bootType: system.bootloader.bootType, bootloader: system.bootloader.provider }),
    kernel: {
      ...given('name', system.kernel.name),
      cmdline: system.kernel.cmdline,
      packages: system.kernel.packages,
    },
    users: system.users.map(({ name }) => name).sort(compare),
  };
}

function diskOf(plan: ManifestDisk): JsonObject {
  return {
    ...given('name', plan.name),
    table: plan.table,
    size: plan.size,
    diskId: plan.diskId,
    partitions: plan.partitions.map((partition) => ({
      number: partition.number,
      id: partition.id,
      name: partition.name,
      typeGuid: partition.typeGuid,
      partUuid: partition.partUuid,
      start: partition.start,
      size: partition.size,
      fsType: partition.fsType,
      ...given('fsUuid', partition.fsUuid),
      ...given('mountPoint', partition.mountPoint),
    })),
    ...(plan.additionalDisks === undefined ? {} : { additionalDisks: plan.additionalDisks.map(diskOf) }),
  };
}

function repositoryOf(repository: Repository, input: ManifestInput): JsonObject {
  const proofs = input.proofs
    .filter((proof) => proof.repository === repository.name)
    .sort((a, b) => compare(a.suite, b.suite));
  return {
    name: repository.name,
    url: redactUrl(repository.url),
    suites: repository.suites,
    components: repository.components,
    trust: !repository.trusted
      ? repository.signedIndex
        ? 'signed-index'
        : 'signed-packages'
      : repository.packageFiles === undefined
        ? 'none'
        : 'local',
    weakDigests: repository.weakDigests ?? false,
    keys: repository.fingerprints,
    indexes: proofs.map((proof) => ({
      suite: proof.suite,
      sha256: proof.indexSha256,
      ...given('signedBy', proof.signedBy),
      ...given('date', proof.date),
      ...given('validUntil', proof.validUntil),
      ...(proof.chain && { chain: indexChainOf(proof.chain) }),
    })),
    packages: packagesChainOf(repository, input),
  };
}

function indexChainOf({ index, weakness, lists, openLists }: IndexChain): JsonObject {
  return { index, ...given('weakness', weakness), lists, openLists };
}

/** How the package files were proven: by the hash in the index, or the lockfile, and by what they carry themselves. */
function packagesChainOf(
  { name, trusted }: Repository,
  { config, packageProofs }: ManifestInput,
): JsonObject {
  const signers = packageProofs.filter((proof) => proof.repository === name).map(({ signedBy }) => signedBy);
  const isSigned = config.target.family === 'rpm';
  return {
    digest: 'sha256',
    signatures: isSigned ? (trusted ? 'not-asked' : 'header-and-payload') : 'not-offered',
    signedBy: [...new Set(signers)].sort(compare),
  };
}

/** Picks the fields by hand: what the solver carries beside them stays out. rpm: a location may be a URL. */
function packageOf(pkg: PackageRef): JsonObject {
  const { name, version, architecture, repository, size, sha256 } = pkg;
  return { name, version, architecture, repository, location: redactUrl(pkg.location), size, sha256 };
}

function byName(a: PackageRef, b: PackageRef): number {
  return compare(a.name, b.name) || compare(a.architecture, b.architecture) || compare(a.version, b.version);
}

/** By code units: the order does not depend on anybody's locale. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function given(key: string, value: string | undefined): Record<string, string> {
  return value === undefined ? {} : { [key]: value };
}
