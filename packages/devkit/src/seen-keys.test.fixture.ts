/** A test, by its file below packages/ and its title, and the keys of the template whose effect it sees; `KEY=value` is one value of a list. */
export interface Sight {
  readonly test: readonly [file: string, title: string];
  readonly keys: readonly string[];
}

const boots = (title: string) => ['devkit/e2e/boots.e2e.ts', title] as const;
const imageos = (file: string, title: string) => [`image-core/src/imageos/${file}.test.ts`, title] as const;
const conflicts = (title: string) => ['toolchain/src/configverify/conflicts.test.ts', title] as const;
const planned = (title: string) => ['compose/src/plan-keys.test.ts', title] as const;

const all = (key: string, values: string) => values.split(' ').map((value) => `${key}=${value}`);
const below = (parent: string, keys: string) => keys.split(' ').map((key) => `${parent}.${key}`);

const PARTITION = 'disk.partitions.*';
const SYSTEM = 'systemConfig';
const REPOSITORY = 'packageRepositories.*';

export const SIGHTS: readonly Sight[] = [
  // The file
  {
    test: [
      'toolchain/src/config/load-config.test.ts',
      'merges root to leaf, over the defaults, with the leaf nearest',
    ],
    keys: ['extends', 'image.name'],
  },
  {
    test: ['toolchain/src/configverify/system-keys.test.ts', 'for people are told in what is loaded'],
    keys: [
      ...['metadata.use_cases', 'metadata.keywords', 'disk.name'],
      ...below(SYSTEM, 'name description kernel.name'),
    ],
  },
  {
    test: ['toolchain/src/configmanifest/build-manifest.test.ts', 'fits its published schema'],
    keys: ['metadata.description'],
  },
  {
    test: ['compose/src/publish.test.ts', 'moves all files, then writes the manifest, then tells of them'],
    keys: ['image.version'],
  },
  // target
  {
    test: [
      'toolchain/src/config/target-folder.test.ts',
      '%s/%s: a template that only names it gives a whole config',
    ],
    keys: ['target.os', 'target.dist', 'target.arch=x86_64', 'target.imageType=raw'],
  },
  {
    test: [
      'toolchain/src/config/target-folder.test.ts',
      'azl3 is offered for aarch64 too: other folders, partition types and tools',
    ],
    keys: ['target.arch=aarch64'],
  },
  {
    test: conflicts('target.snapshotTime is for the repositories of the target alone'),
    keys: ['target.snapshotTime'],
  },
  // disk
  {
    test: planned('plans both kinds of partition tables'),
    keys: ['disk.size', ...all('disk.partitionTableType', 'gpt mbr')],
  },
  {
    test: planned('plans every type of partition by its GUID'),
    keys: all(
      `${PARTITION}.type`,
      'linux esp bios xbootldr linux-root-amd64 linux-root-arm64 linux-root-amd64-verity linux-root-arm64-verity linux-swap linux-home linux-srv linux-var linux-tmp linux-lvm linux-raid linux-luks linux-dm-crypt',
    ),
  },
  {
    test: planned('plans every kind of file system'),
    keys: all(
      `${PARTITION}.fsType`,
      'ext2 ext3 ext4 vfat fat12 fat16 fat32 xfs btrfs f2fs erofs squashfs swap linux-swap none',
    ),
  },
  {
    test: planned('plans flags, names, labels, options and what is mounted as the template has them'),
    keys: [
      ...below(PARTITION, 'id name fsLabel mkfsOptions start end size mountPoint mountOptions'),
      ...all(`${PARTITION}.flags`, 'boot esp bios_grub legacy_boot hidden read_only no_auto growfs required'),
    ],
  },
  {
    test: ['image-core/src/imagedisk/write-partition-table.test.ts', 'writes the GPT that sfdisk reads'],
    keys: all(`${PARTITION}.flags`, 'boot esp bios_grub'),
  },
  {
    test: conflicts('take type and GUID from type, typeUUID, flags or the mount point, in this order'),
    keys: [`${PARTITION}.typeUUID`],
  },
  {
    test: [
      'image-core/src/imagedisk/whole-file-systems.test.ts',
      'makes subvolumes, and compresses what is in them',
    ],
    keys: below(PARTITION, 'subvolumes.*.name subvolumes.*.mountPoint compression'),
  },
  {
    test: conflicts('follow one another at the alignment, with their sizes as given'),
    keys: ['disk.alignment'],
  },
  {
    test: planned('plans more disks as it plans the first'),
    keys: [
      ...below('disk.additionalDisks.*', 'name size alignment partitions'),
      ...all('disk.additionalDisks.*.partitionTableType', 'gpt mbr'),
    ],
  },
  {
    test: ['image-raw/src/make-raw-image.test.ts', 'makes the artifacts of each disk'],
    keys: ['disk.additionalDisks.*.artifacts'],
  },
  { test: conflicts('are numbered by index'), keys: [`${PARTITION}.index`] },
  {
    test: conflicts('let the last one grow with extendLastPartitionToFillDisk'),
    keys: ['disk.extendLastPartitionToFillDisk'],
  },
  {
    test: [
      'image-core/src/imagedisk/minimize-disk.test.ts',
      'moves up what is behind, wherever it stands in the list, and keeps gaps and ids',
    ],
    keys: [`${PARTITION}.minimize`],
  },
  {
    test: [
      'image-core/src/imageconvert/convert-image.test.ts',
      'writes formats that qemu-img finds right: %s',
    ],
    keys: all('disk.artifacts.*.type', 'raw qcow2 vhd vhdx vmdk vdi'),
  },
  {
    test: [
      'image-core/src/imageconvert/convert-image.test.ts',
      'makes an ova that tar opens, with a manifest that is right',
    ],
    keys: ['disk.artifacts.*.type=ova'],
  },
  {
    test: ['image-core/src/imageconvert/convert-image.test.ts', 'compresses any format'],
    keys: all('disk.artifacts.*.compression', 'gz xz zstd bz2'),
  },
  {
    test: [
      'devkit/e2e/formats.e2e.ts',
      'is the same root file system as an archive, on the disk and as an OCI image',
    ],
    keys: all('disk.artifacts.*.type', 'tar oci'),
  },
  {
    test: [
      'image-core/src/imageconvert/pack-root.test.ts',
      'gives back the same tree by unsquashfs, but for ACLs, which squashfs does not know',
    ],
    keys: ['disk.artifacts.*.type=squashfs'],
  },
  {
    test: [
      'image-core/src/imageconvert/pack-root.test.ts',
      'gives back the same tree when the kernel mounts the erofs',
    ],
    keys: ['disk.artifacts.*.type=erofs'],
  },
  {
    test: ['devkit/e2e/formats.e2e.ts', 'is a kernel, an initial RAM disk and a script for iPXE'],
    keys: ['target.imageType=img'],
  },
  // systemConfig
  {
    test: imageos('hostname', 'configureHostname writes both files, through links only inside the image'),
    keys: [`${SYSTEM}.hostname`],
  },
  {
    test: ['compose/src/requests.test.ts', 'with the kernel %j an image asks for %j'],
    keys: below(SYSTEM, 'packages excludePackages recommends kernel.packages kernel.version'),
  },
  {
    test: boots('has the files of the template with their modes and owners'),
    keys: below(`${SYSTEM}.additionalFiles.*`, 'local final mode owner'),
  },
  {
    test: imageos('additional-files', 'copies what the initramfs is made from first'),
    keys: [`${SYSTEM}.additionalFiles.*.stage=pre-initramfs`],
  },
  { test: boots('ran the configurations in their order'), keys: [`${SYSTEM}.configurations.*.cmd`] },
  {
    test: boots('lets a user with a key in, whose password is locked, and ages another password'),
    keys: below(`${SYSTEM}.users.*`, 'name groups home sshAuthorizedKeys startupScript passwordMaxAge'),
  },
  {
    test: [
      'toolchain/src/config/load-config.test.ts',
      'a plain password is nowhere in what is loaded; its hash is the same every time, and another for another user',
    ],
    keys: [`${SYSTEM}.users.*.password`],
  },
  {
    test: [
      'toolchain/src/configverify/system-keys.test.ts',
      'take a ready hash of %s for what it says it is',
    ],
    keys: all(`${SYSTEM}.users.*.hash_algo`, 'sha512 sha256 yescrypt bcrypt'),
  },
  { test: boots('has the user of the template, who may become root'), keys: [`${SYSTEM}.users.*.sudo`] },
  { test: imageos('users', 'names shells that are near'), keys: [`${SYSTEM}.users.*.shell`] },
  {
    test: boots('has the users and groups with their numbers'),
    keys: [`${SYSTEM}.users.*.uid`, ...below(`${SYSTEM}.groups.*`, 'name gid system')],
  },
  { test: boots('swaps to the swap file'), keys: below(`${SYSTEM}.swapFiles.*`, 'path size') },
  {
    test: boots('has the parameters and the modules of the running kernel'),
    keys: below(SYSTEM, 'sysctl kernelModules.load kernelModules.disable kernelModules.options'),
  },
  { test: boots('makes the files of tmpfiles'), keys: [`${SYSTEM}.tmpfiles`] },
  {
    test: boots('ran the hooks of the build at their points, without a network'),
    keys: below(
      `${SYSTEM}.hooks`,
      'preInstall.*.cmd postInstall.*.script postInstall.*.environment preImage.*.cmd',
    ),
  },
  {
    test: imageos('run-hooks', 'runs those of %s in their order'),
    keys: below(
      `${SYSTEM}.hooks`,
      'preInstall.*.script preInstall.*.environment postInstall.*.cmd preImage.*.script preImage.*.environment',
    ),
  },
  {
    test: ['devkit/e2e/hooks.e2e.ts', 'those of %s reach it when they ask for it'],
    keys: below(`${SYSTEM}.hooks`, 'preInstall.*.network postInstall.*.network preImage.*.network'),
  },
  {
    test: boots('ran the hooks of the first boot, once'),
    keys: below(`${SYSTEM}.hooks.firstBoot.*`, 'cmd script environment network'),
  },
  {
    test: boots('has no documents and only the translations that are wanted'),
    keys: below(`${SYSTEM}.packageManager`, 'documentation languages'),
  },
  {
    test: imageos('cloud-init', 'brings the files of the template, for root alone'),
    keys: below(`${SYSTEM}.cloudInit`, 'userData metaData networkConfig'),
  },
  {
    test: ['devkit/e2e/cloud.e2e.ts', 'has done what user data and meta data say'],
    keys: below(`${SYSTEM}.cloudInit`, 'userData metaData'),
  },
  {
    test: [
      'devkit/e2e/cloud.e2e.ts',
      'has the address, the route and the name server of the seed, and no others',
    ],
    keys: [`${SYSTEM}.cloudInit.networkConfig`],
  },
  {
    test: boots('runs AppArmor and not SELinux'),
    keys: [`${SYSTEM}.apparmor.enabled`, `${SYSTEM}.selinux.mode=disabled`],
  },
  {
    test: imageos('security-modules', 'writes the mode %s over %j'),
    keys: [`${SYSTEM}.selinux.mode=permissive`],
  },
  {
    test: ['devkit/e2e/selinux.e2e.ts', 'comes up whole, and enforces from its first start'],
    keys: [`${SYSTEM}.selinux.mode=enforcing`],
  },
  {
    test: ['image-core/src/imageboot/plan-boot.test.ts', 'plans %s'],
    keys: [
      ...all(`${SYSTEM}.bootloader.bootType`, 'efi legacy hybrid'),
      ...all(`${SYSTEM}.bootloader.provider`, 'grub systemd-boot'),
    ],
  },
  {
    test: imageos('netplan', 'writes one file for netplan, for root alone, and none for networkd'),
    keys: [`${SYSTEM}.network.backend=netplan`],
  },
  {
    test: [
      'devkit/e2e/cloud.e2e.ts',
      'has the address, the route and the name server that netplan was given',
    ],
    keys: [`${SYSTEM}.network.backend=netplan`],
  },
  {
    test: imageos('network', 'asks for networkd and resolved, and links resolv.conf'),
    keys: [`${SYSTEM}.network.backend=systemd-networkd`],
  },
  { test: boots('asks the time servers of the template'), keys: [`${SYSTEM}.network.ntp`] },
  {
    test: ['devkit/e2e/cloud.e2e.ts', 'asks the time servers of the template by chrony, and no others'],
    keys: [`${SYSTEM}.network.ntp`],
  },
  {
    test: imageos('network', 'writes addresses, name servers and routes'),
    keys: below(`${SYSTEM}.network.interfaces.*`, 'name addresses routes.*.to routes.*.via nameservers'),
  },
  {
    test: imageos('network', 'dhcp4 %s and dhcp6 %s is DHCP=%s'),
    keys: below(`${SYSTEM}.network.interfaces.*`, 'dhcp4 dhcp6'),
  },
  {
    test: [
      'image-core/src/imageboot/install-systemd-boot.test.ts',
      'counts boots where the device can tell a good one',
    ],
    keys: below(`${SYSTEM}.bootloader`, 'timeout bootCounting'),
  },
  {
    test: ['image-core/src/imageboot/install-systemd-boot.test.ts', 'shows a picture, on the device too'],
    keys: [`${SYSTEM}.kernel.splash`],
  },
  {
    test: [
      'image-core/src/imageboot/install-shim.test.ts',
      'puts the signed programs where firmware and their vendor look for them',
    ],
    keys: [`${SYSTEM}.bootloader.shim`],
  },
  {
    test: ['devkit/e2e/boot-kernels.e2e.ts', 'starts the kernel that the template says, and not the newest'],
    keys: [`${SYSTEM}.kernel.default`],
  },
  { test: boots('was started with the command line of the template'), keys: [`${SYSTEM}.kernel.cmdline`] },
  {
    test: [
      'image-core/src/imageboot/build-initramfs.test.ts',
      'adds modules to the configuration of initramfs-tools, once',
    ],
    keys: [`${SYSTEM}.kernel.enableExtraModules`],
  },
  {
    test: [
      'image-core/src/imageboot/plan-boot.test.ts',
      'makes one file of the kernel where the template wants that',
    ],
    keys: [`${SYSTEM}.kernel.uki`],
  },
  {
    test: boots('keeps the time zone, the locale and the keyboard'),
    keys: below(SYSTEM, 'timezone locale keyboard.layout keyboard.variant'),
  },
  {
    test: imageos('localization', 'writes both files on Debian 12'),
    keys: below(`${SYSTEM}.keyboard`, 'options model'),
  },
  {
    test: boots('starts what is enabled and nothing that is disabled or masked'),
    keys: below(`${SYSTEM}.services`, 'enable disable mask'),
  },
  // packageRepositories
  {
    test: conflicts('become repositories with names of their own'),
    keys: below(REPOSITORY, 'codename url pkey fingerprints component priority allowPackages'),
  },
  {
    test: boots('has the repositories, each with its key, and nothing of the build’s mirror'),
    keys: [`${REPOSITORY}.keepInImage`],
  },
  {
    test: ['devkit/e2e/cloud.e2e.ts', 'updates from the repository that it was built with'],
    keys: [`${REPOSITORY}.keepInImage`],
  },
  {
    test: conflicts('become repositories of files, their paths counted from the template'),
    keys: below(REPOSITORY, 'path packages'),
  },
  {
    test: ['package-deb/src/metadata/metadata.test.ts', 'takes the index from the next when one has none'],
    keys: [`${REPOSITORY}.mirrors`],
  },
  {
    test: [
      'package-rpm/src/metadata/locate-mirrors.test.ts',
      'takes the first mirror of a list that has the repository',
    ],
    keys: [`${REPOSITORY}.mirrorList`],
  },
  {
    test: [
      'package-rpm/src/metadata/locate-mirrors.test.ts',
      'takes of a metalink the best mirror whose repomd.xml is listed there',
    ],
    keys: [`${REPOSITORY}.metalink`],
  },
  {
    test: ['package-rpm/src/metadata/metadata.test.ts', 'says why it leaves packages out'],
    keys: below(REPOSITORY, 'excludePackages snapshotTime'),
  },
  {
    test: ['package-core/src/trust/trust.test.ts', '$title: $expected'],
    keys: [`${REPOSITORY}.weakDigests`],
  },
  {
    test: ['toolchain/src/configverify/system-keys.test.ts', 'take several keys of one repository'],
    keys: [`${REPOSITORY}.pkeys`],
  },
];
