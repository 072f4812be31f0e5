export { attackChanges } from './attacks/attack-changes.js';
export { type AttackKey, type AttackKeys, makeAttackKeys, type SignOptions } from './attacks/attack-keys.js';
export { type AttackedFamily, type AttackStage, openAttackStage } from './attacks/attack-stage.js';
export { ATTACKS, type Attack, type AttackName } from './attacks/attack-table.js';
export { type BuildImageOptions, type BuiltImage, type BuiltManifest, buildImage } from './build-image.js';
export { type LoopbackCertificates, loopbackCertificates } from './certificates.js';
export { type Composer, type IcOptions, type IcResult, startComposer, testCacheFolder } from './composer.js';
export { type ElxrRepository, elxrRepository } from './elxr-repository.js';
export { lackingPackages } from './lacking-packages.js';
export { type LoopbackMirror, type LoopbackMirrorOptions, startLoopbackMirror } from './loopback-mirror.js';
export { type DiskFacts, debugfs, type PartitionFacts, readDisk } from './read-disk.js';
export { readTree } from './read-tree.js';
export {
  type RpmDistribution,
  type RpmRepository,
  rpmDistribution,
} from './rpm-distribution/rpm-distribution.js';
export { type Machine, type MachineOptions, startMachine } from './virtual-machine.js';
