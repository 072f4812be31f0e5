import {
  CHRONY_CONF,
  DRACUT_PARTS,
  KEYGEN_SERVICE,
  NSSWITCH,
  PAM,
  RPM_MACROS,
  SSHD_SERVICE,
} from './contents.js';
import { bundleCertificates, compileHwdb, finishKernel } from './finishing.js';
import type { Recipe } from './recipe.js';

const DRACUT_CONF = '/etc/dracut.conf.d';
const NOT_GRUBX64 = /\/(gcdx64|grubnetx64|grubnetx64-installer)\.efi$/;
/** Scripts call their programs by the names that these have here. */
const GRUB_PROGRAMS = [/(?<=bindir\}\/|\/usr\/bin\/|\/usr\/sbin\/)grub-/g, 'grub2-'] as const;
const EFI = '/boot/efi/EFI/BOOT';

/** Packages with Debian's content that are more than another name: split, joined, with scriptlets or relations. */
export const RECIPES: readonly Recipe[] = [
  {
    name: 'glibc',
    debs: ['libc6', 'libc-bin'],
    files: { '/etc/nsswitch.conf': NSSWITCH },
    attributes: {
      '/var/cache/ldconfig': '%dir %attr(0700,root,root)',
      '/etc/ld.so.cache': '%ghost %attr(0644,root,root)',
    },
    tags: [
      'Requires(pre): filesystem',
      'Requires: filesystem',
      'Provides: /sbin/ldconfig',
      'Provides: rtld(GNU_HASH)',
    ],
    scriptlets: `%post -p /usr/sbin/ldconfig
%postun -p /usr/sbin/ldconfig
%transfiletriggerin -p <lua> -P 2000000 -- /usr/lib
rpm.execute("/usr/sbin/ldconfig")
`,
  },
  {
    name: 'bash',
    debs: ['bash'],
    links: { '/usr/bin/sh': 'bash' },
    tags: ['Provides: /bin/sh', 'Provides: /bin/bash'],
  },
  { name: 'coreutils', debs: ['coreutils'], tags: ['Conflicts: coreutils-selinux', 'Provides: /bin/echo'] },
  { name: 'gawk', debs: ['gawk'], drops: /^\/etc\/profile\.d/, links: { '/usr/bin/awk': 'gawk' } },
  { name: 'which', debs: ['debianutils'], links: { '/usr/bin/which': 'which.debianutils' } },
  { name: 'bzip2', debs: ['bzip2'] },
  {
    name: 'gzip',
    debs: ['gzip'],
    hardLinks: { '/usr/bin/gunzip': '/usr/bin/uncompress' },
  },
  {
    name: 'util-linux',
    debs: ['util-linux', 'mount', 'fdisk', 'login'],
    tags: ['Requires: pam', 'Requires(pre): shadow-utils'],
    units: ['fstrim.timer'],
  },
  {
    name: 'shadow-utils',
    debs: ['passwd', 'login.defs'],
    attributes: {
      '/usr/bin/chage': '%attr(4755,root,root)',
      '/usr/bin/expiry': '%attr(4755,root,root)',
    },
    tags: ['Requires(pre): filesystem', 'Requires: pam'],
  },
  {
    name: 'pam',
    debs: ['libpam0g', 'libpam-modules', 'libpam-modules-bin'],
    files: PAM,
    attributes: { '/usr/sbin/unix_chkpwd': '%attr(4755,root,root)' },
    scriptlets: '%post -p /usr/sbin/ldconfig\n%postun -p /usr/sbin/ldconfig\n',
  },
  {
    name: 'systemd',
    debs: ['systemd', 'systemd-sysv', 'libsystemd-shared'],
    drops:
      /^\/usr\/lib\/(sysusers\.d\/basic\.conf|systemd\/system-preset\/.*|systemd\/system\/(cryptdisks|x11-common|hwclock|rc-local|procps|kmod).*|tmpfiles\.d\/(debian|20-systemd-stub)\.conf)$|^\/etc\/(modules|modules-load\.d\/modules\.conf|profile\.d\/.*|ssh(\/.*)?)$|^\/usr\/share\/(dpkg|debian-files)/,
    folders: [
      '/var/log/journal',
      '/var/lib/systemd/coredump',
      '/var/lib/systemd/ephemeral-trees',
      '/var/lib/systemd/pstore',
      '/var/lib/private',
      '/var/log/private',
      '/var/cache/private',
      '/etc/credstore',
      '/etc/credstore.encrypted',
    ],
    attributes: {
      '/etc/machine-id': '%ghost %attr(0444,root,root)',
      // systemd gives it an access control list, which counts as another mode.
      '/var/log/journal': '%dir %verify(not mode) %attr(2755,root,systemd-journal)',
      '/var/lib/private': '%dir %attr(0700,root,root)',
      '/var/log/private': '%dir %attr(0700,root,root)',
      '/var/cache/private': '%dir %attr(0700,root,root)',
      '/etc/credstore': '%dir %attr(0700,root,root)',
      '/etc/credstore.encrypted': '%dir %attr(0700,root,root)',
    },
    tags: [
      // Its presets must be there when the scriptlet applies them.
      'Requires(post): system-release',
      'Requires: dbus >= 1.9.18',
      'Requires: pam',
      'Requires: systemd-udev = %{version}-%{release}',
      'Requires(pre): filesystem',
      'Recommends: systemd-networkd = %{version}-%{release}',
      'Obsoletes: systemd-bootstrap',
      'Obsoletes: systemd-units < 250',
      'Provides: systemd-units = %{version}-%{release}',
      'Provides: syslog',
    ],
    scriptlets: `%post
systemd-machine-id-setup >/dev/null 2>&1 || :
systemctl daemon-reexec >/dev/null 2>&1 || :
journalctl --update-catalog >/dev/null 2>&1 || :
systemd-sysusers >/dev/null 2>&1 || :
# Only at the first installation: a service that came before it in the same transaction is enabled by this.
if [ $1 -eq 1 ]; then
  systemctl preset-all >/dev/null 2>&1 || :
fi
`,
  },
  {
    name: 'systemd-networkd',
    partOf: 'systemd',
    takes: /networkd|networkctl|network1|systemd-network\.conf$|\/usr\/lib\/systemd\/network\//,
    folders: ['/var/lib/systemd/network'],
    attributes: { '/var/lib/systemd/network': '%dir %attr(0755,systemd-network,systemd-network)' },
    tags: ['Requires: systemd = %{version}-%{release}', 'Requires(pre): filesystem'],
    units: ['systemd-networkd.service', 'systemd-networkd.socket', 'systemd-networkd-wait-online.service'],
  },
  {
    name: 'systemd-resolved',
    debs: ['systemd-resolved'],
    drops: /\/systemd\/resolved\.conf\.d\//,
    tags: ['Requires: systemd = %{version}-%{release}', 'Requires(pre): filesystem'],
    units: ['systemd-resolved.service'],
  },
  {
    name: 'systemd-udev',
    debs: ['udev', 'systemd-cryptsetup', 'systemd-repart'],
    attributes: { '/etc/udev/hwdb.bin': '%ghost' },
    finish: compileHwdb,
    tags: [
      'Requires: systemd = %{version}-%{release}',
      'Requires: kmod',
      'Requires: (kbd if systemd-vconsole)',
      'Requires(pre): filesystem',
      'Provides: udev = %{version}-%{release}',
      'Recommends: systemd-bootchart',
    ],
    scriptlets: `%post
udevadm control --reload >/dev/null 2>&1 || :
`,
  },
  {
    name: 'systemd-libs',
    debs: ['libsystemd0', 'libudev1', 'libnss-systemd', 'libnss-myhostname'],
    scriptlets: '%post -p /usr/sbin/ldconfig\n',
  },
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
  {
    name: 'dbus',
    debs: ['dbus', 'dbus-bin', 'dbus-daemon', 'dbus-system-bus-common', 'dbus-session-bus-common'],
    drops: /^\/etc\/X11/,
    folders: ['/var/lib/dbus'],
    links: { '/var/lib/dbus/machine-id': '/etc/machine-id' },
    attributes: { '/usr/lib/dbus-1.0/dbus-daemon-launch-helper': '%attr(4750,root,messagebus)' },
    tags: ['Requires(pre): filesystem'],
    units: ['dbus.service', 'dbus.socket'],
    scriptlets: `%pre
getent group messagebus >/dev/null || groupadd -r -g 18 messagebus
getent passwd messagebus >/dev/null || useradd -r -u 18 -g messagebus -d /run/dbus -s /bin/false messagebus
`,
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
    name: 'openssh-server',
    debs: ['openssh-server', 'openssh-sftp-server'],
    drops:
      /^\/etc\/(init\.d|runit|sv|ufw|default)|^\/var\/log\/runit|^\/usr\/share\/runit|\/(ssh\.service|ssh\.socket|sshd@\.service|rescue-ssh\.target|sshd-keygen\.service)$|sysusers\.d/,
    copies: { '/usr/share/openssh/sshd_config': '/etc/ssh/sshd_config' },
    files: {
      '/usr/lib/systemd/system/sshd.service': SSHD_SERVICE,
      '/usr/lib/systemd/system/sshd-keygen.service': KEYGEN_SERVICE,
    },
    folders: ['/var/lib/sshd'],
    attributes: {
      '/etc/ssh/sshd_config': '%config(noreplace) %attr(0600,root,root)',
      '/var/lib/sshd': '%dir %attr(0700,root,root)',
    },
    tags: [
      'Requires: openssh-clients = %{?epoch:%{epoch}:}%{version}-%{release}',
      'Requires(pre): shadow-utils',
      'Requires: pam',
      'Suggests: openssh-askpass',
    ],
    units: ['sshd.service', 'sshd-keygen.service'],
    scriptlets: `%pre
getent group sshd >/dev/null || groupadd -r -g 50 sshd
getent passwd sshd >/dev/null || useradd -c 'sshd PrivSep' -d /var/lib/sshd -g sshd -s /bin/false -u 50 sshd
`,
  },
  {
    name: 'openssh-clients',
    debs: ['openssh-client'],
    drops: /graphical-session-pre/,
    tags: ['Requires: (openssh-fips-helper if openssl-fips)'],
  },
  {
    name: 'chrony',
    debs: ['chrony'],
    drops: /^\/etc\/(dhcp|network|ppp|apparmor\.d|init\.d)|NetworkManager|networkd-dispatcher/,
    files: { '/etc/chrony/chrony.conf': CHRONY_CONF },
    renames: [[/\/chrony\.service$/, '/chronyd.service']],
    edits: { '/usr/lib/systemd/system/chronyd.service': [/^Alias=.*\n/m, ''] },
    folders: ['/var/log/chrony'],
    attributes: {
      '/var/lib/chrony': '%dir %attr(0750,_chrony,_chrony)',
      '/var/log/chrony': '%dir %attr(0750,_chrony,_chrony)',
    },
    // tzdata's files are in no primary.xml: found through filelists only.
    tags: ['Requires: /usr/share/zoneinfo/UTC', 'Requires(pre): shadow-utils', 'Conflicts: ntp < 5'],
    units: ['chronyd.service'],
    scriptlets: `%pre
getent group _chrony >/dev/null || groupadd -r _chrony
getent passwd _chrony >/dev/null || useradd -r -g _chrony -d /var/lib/chrony -s /sbin/nologin _chrony
`,
  },
  {
    name: 'cronie',
    debs: ['cronie'],
    renames: [[/\/cronie\.service$/, '/crond.service']],
    files: {
      '/etc/cron.d/0hourly':
        'SHELL=/bin/bash\nPATH=/sbin:/bin:/usr/sbin:/usr/bin\n01 * * * * root run-parts /etc/cron.hourly\n',
    },
    folders: ['/etc/cron.hourly'],
    attributes: {
      '/usr/bin/crontab': '%attr(4755,root,root)',
      '/var/spool/cron/crontabs': '%dir %attr(1730,root,root)',
    },
    tags: ['Requires: which', 'Recommends: cronie-anacron'],
    units: ['crond.service'],
  },
  {
    name: 'cronie-anacron',
    debs: ['anacron'],
    drops: /^\/etc\/(init\.d|apm|cron\.d)/,
    attributes: {
      '/var/spool/anacron': '%dir %attr(0755,root,root)',
      '/var/spool/anacron/cron.daily': '%ghost %attr(0600,root,root)',
    },
    tags: ['Requires: cronie', 'Obsoletes: anacron <= 2.3', 'Requires(post): coreutils'],
    scriptlets: `%post
[ -e /var/spool/anacron/cron.daily ] || (umask 077; : > /var/spool/anacron/cron.daily)
`,
  },
  { name: 'logrotate', debs: ['logrotate'], units: ['logrotate.timer'] },
  {
    name: 'cracklib-dicts',
    partOf: 'cracklib',
    takes: /\/cracklib-small/,
    summary: 'The word lists of cracklib',
  },
  {
    name: 'irqbalance',
    debs: ['irqbalance'],
    drops: /^\/etc\/(init\.d|sv)|runit/,
    units: ['irqbalance.service'],
  },
  {
    name: 'iputils',
    debs: ['iputils-ping'],
    attributes: { '/usr/bin/ping': '%attr(0755,root,root) %caps(cap_net_raw=ep)' },
  },
  {
    name: 'iptables',
    debs: ['iptables'],
    links: { '/usr/sbin/iptables': 'xtables-nft-multi', '/usr/sbin/ip6tables': 'xtables-nft-multi' },
  },
  // As in Fedora: the library and its program need each other.
  {
    name: 'device-mapper',
    debs: ['dmsetup'],
    tags: ['Requires: device-mapper-libs = %{epoch}:%{version}-%{release}'],
  },
  {
    name: 'device-mapper-libs',
    debs: ['libdevmapper1.02.1'],
    tags: ['Requires: device-mapper = %{epoch}:%{version}-%{release}'],
  },
  { name: 'cryptsetup', debs: ['cryptsetup-bin'] },
  { name: 'veritysetup', partOf: 'cryptsetup', takes: /veritysetup/ },
  {
    name: 'lvm2',
    debs: ['lvm2'],
    drops: /initramfs-tools/,
    units: ['lvm2-monitor.service', 'lvm2-lvmpolld.socket', 'blk-availability.service'],
  },
  { name: 'procps-ng', debs: ['procps', 'hostname'], tags: ['Provides: hostname'] },
  { name: 'sudo', debs: ['sudo'], drops: /^\/etc\/init\.d|\/sudo\.service$|apport/ },
  {
    name: 'rpm',
    debs: ['rpm'],
    drops:
      /^\/usr\/bin\/(rpmbuild|gendiff|rpmspec)$|^\/usr\/lib\/rpm\/(fileattrs|.*\.(req|prov|sh|php|pl|py)|elfdeps|debugedit|sepdebugcrcfix)|^\/etc\/cron/,
    folders: ['/var/lib/rpm'],
    tags: ['Requires: rpm-libs = %{version}-%{release}', 'Recommends: rpm-plugin-selinux'],
  },
  {
    name: 'rpm-libs',
    debs: [
      'librpm10',
      'librpmio10',
      'librpmbuild10',
      'librpmsign10',
      'librpm-sequoia-1',
      'libfsverity0',
      'rpm-common',
      'rpm2cpio',
    ],
    files: { '/usr/lib/rpm/macros.d/macros.distribution': RPM_MACROS },
    scriptlets: '%post -p /usr/sbin/ldconfig\n%postun -p /usr/sbin/ldconfig\n',
  },
  {
    name: 'python3',
    debs: ['python3', 'python3-minimal', 'python3.13', 'python3.13-minimal', 'libpython3-stdlib'],
    tags: ['Requires: python3-libs', 'Provides: python(abi) = 3.13'],
  },
  { name: 'e2fsprogs', debs: ['e2fsprogs', 'logsave'], drops: /^\/etc\/cron\.d|e2scrub/ },
  {
    name: 'cloud-utils-growpart',
    debs: ['cloud-guest-utils'],
    drops: /vcs-run|ec2metadata/,
    tags: ['Requires: gawk', 'Requires: util-linux'],
  },
  {
    name: 'pkgconf',
    debs: ['pkgconf', 'pkgconf-bin'],
    drops: /dpkghook|\/etc\/dpkg/,
    tags: ['Provides: pkg-config = 1:%{version}', 'Provides: pkgconfig = 1:%{version}'],
  },
  {
    name: 'ca-certificates-base',
    debs: ['ca-certificates'],
    drops: /^\/(etc|usr\/sbin)/,
    finish: bundleCertificates,
    folders: ['/etc/ssl/certs', '/etc/pki/tls/certs', '/usr/share/pki/ca-trust-source'],
    links: { '/etc/ssl/certs/ca-certificates.crt': '../../pki/tls/certs/ca-bundle.crt' },
  },
  {
    name: 'ca-certificates',
    debs: ['ca-certificates'],
    drops: /^\/(etc|usr\/share\/ca-certificates)/,
    tags: ['Requires: ca-certificates-base = %{version}-%{release}', 'Requires: openssl'],
  },
  { name: 'libcap', debs: ['libcap2-bin'] },
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
