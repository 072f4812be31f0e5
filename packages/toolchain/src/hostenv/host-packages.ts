/** What a package of the host is needed for: a build, `ic boot`, the tests of this repository, its benchmarks. */
export type HostPurpose = 'build' | 'boot' | 'test' | 'bench';

export type PackageManager = 'apt';

/** One package of the host's own distribution. It counts as installed when everything it is wanted for is there. */
export interface HostPackage {
  /** Its name for each package manager. */
  readonly names: Readonly<Record<PackageManager, string>>;
  readonly purposes: readonly HostPurpose[];
  /** What we use it for, for people. */
  readonly use: string;
  readonly programs?: readonly string[];
  /** Absolute paths; one of them is enough. */
  readonly anyFile?: readonly string[];
}

/** Where distributions put OVMF: each pair is firmware code and the variable store that belongs to it. */
export const OVMF_LOCATIONS = [
  { code: '/usr/share/OVMF/OVMF_CODE_4M.fd', variables: '/usr/share/OVMF/OVMF_VARS_4M.fd' },
  { code: '/usr/share/OVMF/OVMF_CODE.fd', variables: '/usr/share/OVMF/OVMF_VARS.fd' },
  { code: '/usr/share/edk2/ovmf/OVMF_CODE.fd', variables: '/usr/share/edk2/ovmf/OVMF_VARS.fd' },
  { code: '/usr/share/edk2/x64/OVMF_CODE.4m.fd', variables: '/usr/share/edk2/x64/OVMF_VARS.4m.fd' },
] as const;

/**
 * Everything this repository ever asks a host for, in one list; names are those of Debian 12, Debian 13 and
 * Ubuntu 24.04. A build uses the target's own tools, so a host needs little.
 */
export const HOST_PACKAGES: readonly HostPackage[] = [
  {
    names: { apt: 'util-linux' },
    purposes: ['build'],
    use: 'private namespaces',
    programs: ['unshare', 'setpriv'],
  },
  {
    names: { apt: 'mount' },
    purposes: ['build'],
    use: 'tmpfs, and loop devices for --assembly loop',
    programs: ['mount', 'umount', 'losetup'],
  },
  {
    names: { apt: 'uidmap' },
    purposes: ['build'],
    use: 'builds without root',
    programs: ['newuidmap', 'newgidmap'],
  },
  {
    names: { apt: 'bubblewrap' },
    purposes: ['build'],
    use: "the sandbox around the target's programs",
    programs: ['bwrap'],
  },
  {
    names: { apt: 'attr' },
    purposes: ['build'],
    use: 'extended attributes of files',
    programs: ['getfattr', 'setfattr'],
  },
  {
    names: { apt: 'xz-utils' },
    purposes: ['build'],
    use: 'package indexes, packages and artifacts',
    programs: ['xz'],
  },
  { names: { apt: 'zstd' }, purposes: ['build'], use: 'packages, caches and artifacts', programs: ['zstd'] },
  { names: { apt: 'bzip2' }, purposes: ['build'], use: 'packages and artifacts', programs: ['bzip2'] },
  {
    names: { apt: 'debian-archive-keyring' },
    purposes: ['build'],
    use: "Debian's signing keys",
    anyFile: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
  },
  {
    names: { apt: 'qemu-system-x86' },
    purposes: ['boot', 'test'],
    use: 'virtual machines',
    programs: ['qemu-system-x86_64'],
  },
  {
    names: { apt: 'ovmf' },
    purposes: ['boot', 'test'],
    use: 'UEFI firmware of virtual machines',
    anyFile: OVMF_LOCATIONS.map((location) => location.code),
  },
  { names: { apt: 'gpg' }, purposes: ['test'], use: 'signed test repositories', programs: ['gpg'] },
  {
    names: { apt: 'gpg-agent' },
    purposes: ['test'],
    use: 'signed test repositories',
    programs: ['gpg-agent'],
  },
  {
    names: { apt: 'gpgv' },
    purposes: ['test'],
    use: 'a second opinion on signatures',
    programs: ['gpgv'],
  },
  { names: { apt: 'openssl' }, purposes: ['test', 'bench'], use: 'loopback HTTPS', programs: ['openssl'] },
  {
    names: { apt: 'curl' },
    purposes: ['test', 'bench'],
    use: 'comparison with our fetching',
    programs: ['curl'],
  },
  {
    names: { apt: 'dpkg-dev' },
    purposes: ['test'],
    use: 'packages made for tests',
    programs: ['dpkg-scanpackages'],
  },
  {
    names: { apt: 'apt-utils' },
    purposes: ['test'],
    use: 'test repositories',
    programs: ['apt-ftparchive'],
  },
  {
    names: { apt: 'dose-distcheck' },
    purposes: ['test'],
    use: 'a second opinion on solved sets',
    programs: ['dose-debcheck'],
  },
  {
    names: { apt: 'binutils' },
    purposes: ['test'],
    use: 'a second opinion on unified kernel images',
    programs: ['objdump', 'objcopy'],
  },
  { names: { apt: 'mtools' }, purposes: ['test'], use: 'reading FAT file systems', programs: ['mcopy'] },
  {
    names: { apt: 'dosfstools' },
    purposes: ['test'],
    use: 'checking FAT file systems',
    programs: ['fsck.fat'],
  },
  {
    names: { apt: 'e2fsprogs' },
    purposes: ['test', 'bench'],
    use: 'checking ext4 file systems',
    programs: ['e2fsck', 'debugfs', 'mke2fs'],
  },
  {
    names: { apt: 'qemu-utils' },
    purposes: ['test'],
    use: 'a second opinion on converted images',
    programs: ['qemu-img'],
  },
  {
    names: { apt: 'erofs-utils' },
    purposes: ['test'],
    use: 'making and checking erofs file systems',
    programs: ['mkfs.erofs', 'fsck.erofs'],
  },
  {
    names: { apt: 'squashfs-tools' },
    purposes: ['test'],
    use: 'making and reading squashfs file systems',
    programs: ['mksquashfs', 'unsquashfs'],
  },
  {
    names: { apt: 'xfsprogs' },
    purposes: ['test'],
    use: 'making and checking XFS',
    programs: ['mkfs.xfs', 'xfs_db', 'xfs_repair'],
  },
  {
    names: { apt: 'btrfs-progs' },
    purposes: ['test'],
    use: 'making and checking btrfs',
    programs: ['mkfs.btrfs', 'btrfs'],
  },
  {
    names: { apt: 'f2fs-tools' },
    purposes: ['test'],
    use: 'making and checking f2fs',
    programs: ['mkfs.f2fs', 'sload.f2fs', 'fsck.f2fs'],
  },
  { names: { apt: 'fdisk' }, purposes: ['test'], use: 'reading partition tables', programs: ['sfdisk'] },
  { names: { apt: 'gdisk' }, purposes: ['test'], use: 'checking partition tables', programs: ['sgdisk'] },
  {
    names: { apt: 'acl' },
    purposes: ['test'],
    use: 'test trees with access control lists',
    programs: ['setfacl'],
  },
  {
    names: { apt: 'skopeo' },
    purposes: ['test'],
    use: 'a second opinion on OCI images',
    programs: ['skopeo'],
  },
  { names: { apt: 'umoci' }, purposes: ['test'], use: 'unpacking OCI images', programs: ['umoci'] },
  {
    names: { apt: 'golang-github-opencontainers-image-spec-dev' },
    purposes: ['test'],
    use: 'the schemas of OCI images',
    anyFile: ['/usr/share/gocode/src/github.com/opencontainers/image-spec/schema/config-schema.json'],
  },
  {
    names: { apt: 'libcap2-bin' },
    purposes: ['test'],
    use: 'reading file capabilities',
    programs: ['getcap'],
  },
  {
    names: { apt: 'rpm' },
    purposes: ['test'],
    use: 'rpm packages made for tests, and a second opinion on them',
    programs: ['rpm', 'rpmbuild', 'rpmkeys', 'rpmsign'],
  },
  {
    names: { apt: 'createrepo-c' },
    purposes: ['test'],
    use: 'repositories of rpm packages for tests',
    programs: ['createrepo_c'],
  },
  {
    names: { apt: 'rpm2cpio' },
    purposes: ['test'],
    use: 'a second opinion on payloads',
    programs: ['rpm2cpio'],
  },
  { names: { apt: 'cpio' }, purposes: ['test'], use: 'a second opinion on payloads', programs: ['cpio'] },
  {
    names: { apt: 'gnupg1' },
    purposes: ['test'],
    use: 'OpenPGP signatures of version 3',
    programs: ['gpg1'],
  },
  {
    names: { apt: 'python3-rpm' },
    purposes: ['test'],
    use: 'a second opinion on ranges of versions',
    anyFile: ['/usr/lib/python3/dist-packages/rpm/__init__.py'],
  },
  {
    names: { apt: 'python3-dnf' },
    purposes: ['test'],
    use: 'a second opinion on solved sets',
    anyFile: ['/usr/lib/python3/dist-packages/dnf/__init__.py'],
  },
  {
    names: { apt: 'dnf' },
    purposes: ['test'],
    use: 'a package manager for repositories that images keep',
    programs: ['dnf'],
  },
  {
    names: { apt: 'python3-createrepo-c' },
    purposes: ['test'],
    use: 'a second opinion on repository metadata',
    anyFile: ['/usr/lib/python3/dist-packages/createrepo_c/__init__.py'],
  },
  {
    names: { apt: 'libsolv-tools' },
    purposes: ['bench'],
    use: 'something to be as fast as',
    programs: ['rpmmd2solv'],
  },
  {
    names: { apt: 'mmdebstrap' },
    purposes: ['test', 'bench'],
    use: 'a second opinion on installed packages, and something to be faster than',
    programs: ['mmdebstrap'],
  },
];
