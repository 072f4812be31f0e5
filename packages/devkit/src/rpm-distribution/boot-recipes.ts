import { DRACUT_PARTS } from './contents.js';
import { finishKernel } from './finishing.js';
import type { Recipe } from './recipe.js';

const DRACUT_CONF = '/etc/dracut.conf.d';
const NOT_GRUBX64 = /\/(gcdx64|grubnetx64|grubnetx64-installer)\.efi$/;
/** Scripts call their programs by the names that these have here. */
const GRUB_PROGRAMS = [/(?<=bindir\}\/|\/usr\/bin\/|\/usr\/sbin\/)grub-/g, 'grub2-'] as const;
const EFI = '/boot/efi/EFI/BOOT';

/** Kernel, initramfs and boot loaders. */
export const BOOT_RECIPES: readonly Recipe[] = [
  {
    name: 'systemd-boot',
    debs: ['systemd-boot', 'systemd-boot-efi', 'systemd-boot-tools'],
    drops: /^\/etc\/(kernel|initramfs)/,
    copies: { '/usr/lib/systemd/boot/efi/systemd-bootx64.efi': `${EFI}/grubx64.efi` },
    attributes: { [`${EFI}/grubx64.efi`]: '%attr(0700,root,root)' },
    tags: [
      'Requires: systemd = %{version}-%{release}',
      'Provides: version(systemd-boot) = %{version}',
      'Obsoletes: systemd-udev < 252.2^',
      'Conflicts: grub2-efi-binary',
      'Recommends: shim >= 15.8-3',
      'Conflicts: shim < 15.8-3',
    ],
  },
  {
    name: 'systemd-ukify',
    debs: ['systemd-ukify'],
    tags: ['Requires: systemd-boot', 'Requires: python3-pefile'],
  },
  { name: 'kmod', debs: ['kmod'] },
  {
    name: 'dracut',
    debs: ['dracut-core', 'dracut-install'],
    drops:
      /^\/usr\/lib\/dracut\/modules\.d\/(00dash|96securityfs|97masterkey|98integrity|95dasd.*|95zipl|91zipl|80cio_ignore|81cio_ignore)$|^\/etc\/kernel|^\/usr\/lib\/kernel|^\/usr\/lib\/dracut\/dracut\.conf\.d\/.*debian/,
    folders: [DRACUT_CONF, '/var/lib/initramfs'],
    // Azure Linux keeps dracut's own name.
    edits: { '/usr/bin/dracut': [/initrd\.img-(\$\{kernel\})/g, 'initramfs-$1.img'] },
    tags: [
      'Requires: bash >= 4',
      'Requires: kmod',
      'Requires: sed',
      'Requires: grep',
      'Requires: xz',
      'Requires: gzip',
      'Requires: cpio',
      'Requires: filesystem',
      'Requires: findutils',
      'Requires: util-linux',
      'Requires: procps-ng',
      'Requires: systemd',
      'Requires: systemd-udev',
      'Requires: (coreutils or coreutils-selinux)',
    ],
  },
  ...(['hostonly', 'hyperv', 'virtio', 'vrf', 'xen'] as const).map((part) => ({
    name: `dracut-${part}`,
    partOf: 'dracut',
    files: { [`${DRACUT_CONF}/00-${part}.conf`]: DRACUT_PARTS[part] },
    tags: ['Requires: dracut = %{version}-%{release}'],
  })),
  {
    name: 'kernel',
    debs: ['linux-image'],
    tags: [
      'Requires: filesystem',
      'Requires: kmod',
      'Requires(post): coreutils',
      'Requires(postun): coreutils',
    ],
    drops: /^\/etc\//,
    plain: true,
    finish: finishKernel,
    scriptlets: `%triggerin -- initramfs
mkdir -p %{_localstatedir}/lib/rpm-state/initramfs/pending
touch %{_localstatedir}/lib/rpm-state/initramfs/pending/%{uname_r}
echo "initrd generation of kernel %{uname_r} will be triggered later" >&2

%triggerun -- initramfs
rm -rf %{_localstatedir}/lib/rpm-state/initramfs/pending/%{uname_r}
rm -rf /boot/initramfs-%{uname_r}.img

%post
/sbin/depmod -a %{uname_r}
`,
  },
  {
    name: 'initramfs',
    version: '3.0',
    release: '5',
    files: { [`${DRACUT_CONF}/fscks.conf`]: 'fscks="e2fsck fsck fsck.ext2 fsck.ext3 fsck.ext4 fsck.xfs"\n' },
    folders: ['/var/lib/initramfs/kernel'],
    tags: ['Requires: dracut'],
    scriptlets: `%posttrans
echo "initramfs %{version}-%{release} posttrans" >&2
rm -rf %{_localstatedir}/lib/rpm-state/initramfs
dracut --regenerate-all --force

%triggerin -- e2fsprogs, systemd, kpartx, device-mapper-multipath
[ $1 -gt 1 ] && exit 0
[ -f %{_localstatedir}/lib/rpm-state/initramfs/regenerate ] && exit 0
mkdir -p %{_localstatedir}/lib/rpm-state/initramfs
touch %{_localstatedir}/lib/rpm-state/initramfs/regenerate

%transfiletriggerin -- /usr/sbin /usr/lib/udev/rules.d /usr/lib/systemd/system /usr/lib/modules /etc/dracut.conf.d
cat > /dev/null
if [ -f %{_localstatedir}/lib/rpm-state/initramfs/regenerate ]; then
  dracut --regenerate-all --force
elif [ -d %{_localstatedir}/lib/rpm-state/initramfs/pending ]; then
  for k in $(ls %{_localstatedir}/lib/rpm-state/initramfs/pending/); do
    dracut --force /boot/initramfs-$k.img $k
  done
fi
rm -rf %{_localstatedir}/lib/rpm-state/initramfs
`,
  },
  {
    name: 'shim',
    version: '15.8',
    release: '5',
    debs: ['shim-unsigned'],
    drops: /^\/usr\/share\/shim|\/(fbx64\.efi|BOOTX64\.CSV)$/,
    renames: [
      [/^\/usr\/lib\/shim\/shimx64\.efi$/, `${EFI}/bootx64.efi`],
      [/^\/usr\/lib\/shim\/mmx64\.efi$/, `${EFI}/mmx64.efi`],
    ],
    attributes: {
      [`${EFI}/bootx64.efi`]: '%attr(0700,root,root)',
      [`${EFI}/mmx64.efi`]: '%attr(0700,root,root)',
    },
    tags: ['Provides: shim-signed = %{version}-%{release}'],
  },
  {
    name: 'grub2',
    debs: ['grub-common', 'grub2-common'],
    drops:
      /^\/etc\/(kernel|grub\.d\/05_debian_theme)|^\/usr\/share\/(bash-completion|apport)|\/(update-grub2?|grub-syslinux2cfg|grub-menulst2cfg)$|grub-common\.service/,
    renames: [[/^(\/usr\/s?bin)\/grub-/, '$1/grub2-']],
    edits: { '/usr/sbin/grub2-mkconfig': GRUB_PROGRAMS, '/usr/share/grub/grub-mkconfig_lib': GRUB_PROGRAMS },
    folders: ['/boot/grub2'],
    attributes: {
      '/boot/grub2': '%dir %attr(0700,root,root)',
      '/boot/grub2/grub.cfg': '%ghost %config(noreplace) %attr(0600,root,root)',
      '/etc/default/grub': '%ghost %config(noreplace) %attr(0644,root,root)',
    },
    tags: [
      'Requires: xz',
      'Requires: device-mapper',
      'Requires: grub2-configuration = %{version}-%{release}',
      ...['common', 'tools', 'tools-efi', 'tools-extra', 'tools-minimal'].map(
        (part) => `Provides: grub2-${part} = %{version}-%{release}`,
      ),
    ],
  },
  { name: 'grub2-configuration', partOf: 'grub2', takes: /^\/etc\/grub\.d\// },
  {
    name: 'grub2-pc',
    debs: ['grub-pc-bin'],
    tags: ['Requires: grub2 = %{version}', 'Provides: grub2-pc-modules = %{version}-%{release}'],
    plain: true,
  },
  {
    name: 'grub2-efi',
    debs: ['grub-efi-amd64-bin'],
    drops: /\/monolithic/,
    tags: ['Requires: grub2 = %{version}', 'Provides: grub2-efi-modules = %{version}-%{release}'],
    plain: true,
  },
  {
    name: 'grub2-efi-unsigned',
    debs: ['grub-efi-amd64-unsigned'],
    renames: [[/^.*\/grubx64\.efi$/, '/usr/share/grub2-efi/grubx64.efi']],
    drops: NOT_GRUBX64,
    plain: true,
  },
  {
    name: 'grub2-efi-binary',
    debs: ['grub-efi-amd64-unsigned'],
    renames: [[/^.*\/grubx64\.efi$/, `${EFI}/grubx64.efi`]],
    drops: NOT_GRUBX64,
    attributes: { [`${EFI}/grubx64.efi`]: '%attr(0700,root,root)' },
    tags: ['Conflicts: systemd-boot'],
    plain: true,
  },
];
