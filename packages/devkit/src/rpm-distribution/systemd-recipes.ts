import { compileHwdb } from './finishing.js';
import type { Recipe } from './recipe.js';

/** systemd, split as in Azure Linux, and the bus. */
export const SYSTEMD_RECIPES: readonly Recipe[] = [
  {
    name: 'systemd',
    debs: ['systemd', 'systemd-sysv', 'libsystemd-shared'],
    drops:
      /^\/usr\/lib\/(sysusers\.d\/basic\.conf|systemd\/system-preset\/.*|systemd\/system\/(cryptdisks|x11-common|hwclock|rc-local|procps|kmod\.service).*|tmpfiles\.d\/(debian|20-systemd-stub)\.conf)$|^\/etc\/(modules|modules-load\.d\/modules\.conf|profile\.d\/.*|ssh(\/.*)?)$|^\/usr\/share\/(dpkg|debian-files)|^\/usr\/lib\/kernel\/install\.d\/55-initrd\.install$/,
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
];
