/** One of the two distributions that are made of the same recipes. */
export interface Flavour {
  /** Name of the target and of the archive on the loopback mirror. */
  readonly name: 'azl3' | 'emt3';
  /** Dist tag with its dot. */
  readonly dist: string;
  readonly title: string;
  /** Where the index lies below the archive, as in the distribution's own URLs. */
  readonly index: string;
  /** Below the index: where packages lie; `{letter}` stands for the first of their name. */
  readonly packages: string;
  readonly signedIndex: boolean;
  /** Where the public key lies below the index. */
  readonly keyFile: string;
  /** Compression of the index: those of the distributions differ, and so do ours. */
  readonly compression: 'gz' | 'xz';
}

export const FLAVOURS: Readonly<Record<Flavour['name'], Flavour>> = {
  azl3: {
    name: 'azl3',
    dist: '.azl3',
    title: 'Azure Linux',
    index: 'base/x86_64',
    packages: 'Packages/{letter}',
    signedIndex: true,
    keyFile: 'repodata/repomd.xml.key',
    compression: 'gz',
  },
  emt3: {
    name: 'emt3',
    dist: '.emt3',
    title: 'Edge Microvisor Toolkit',
    index: 'base',
    packages: '.',
    signedIndex: false,
    keyFile: 'INTEL-RPM-GPG-KEY',
    compression: 'xz',
  },
};
