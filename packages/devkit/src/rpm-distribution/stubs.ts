import { FILESYSTEM } from './filesystem.js';
import type { Flavour } from './flavour.js';
import type { Recipe } from './recipe.js';

const STAND_IN = 'A stand-in without content';

const CONTAINER =
  'bash bzip2 ca-certificates-base curl elfutils-libelf expat filesystem findutils grep gzip azurelinux-release ncurses-libs openssl readline rpm rpm-libs sed sqlite-libs SymCrypt SymCrypt-OpenSSL tdnf tdnf-plugin-repogpgcheck xz zlib';
const BASE_IMAGE =
  'azurelinux-rpm-macros bc chrony cpio cracklib-dicts cryptsetup dbus e2fsprogs file gdbm iana-etc libtool iproute iptables iputils irqbalance lvm2 lz4 net-tools openssh-clients pkg-config procps-ng sudo systemd systemd-networkd systemd-resolved systemd-udev tar tzdata util-linux which';

/** Units that a freshly installed system enables; everything else stays disabled. */
const PRESETS = [
  'chronyd.service',
  'cloud-init-local.service',
  'crond.service',
  'dbus.service',
  'dbus.socket',
  'fstrim.timer',
  'getty@.service',
  'irqbalance.service',
  'logrotate.timer',
  'lvm2-lvmpolld.socket',
  'lvm2-monitor.service',
  'remote-fs.target',
  'sshd.service',
  'sshd-keygen.service',
  'systemd-networkd.service',
  'systemd-networkd-wait-online.service',
  'systemd-resolved.service',
];

/** Packages that Debian does not have: the release, metapackages, and what only Azure Linux or its kin know. */
export function stubs(flavour: Flavour): readonly Recipe[] {
  const emt = flavour.name === 'emt3';
  const repos = emt ? 'edge-repos' : 'azurelinux-repos';
  return [
    FILESYSTEM,
    release(flavour),
    {
      name: repos,
      version: '3.0',
      release: '4',
      files: {
        [`/etc/yum.repos.d/${repos}.repo`]: `[${flavour.name}-base]\nname=${flavour.title} base (stand-in)\nbaseurl=https://localhost/${flavour.index}\ngpgcheck=1\nrepo_gpgcheck=${flavour.signedIndex ? 1 : 0}\nenabled=0\n`,
      },
    },
    stub('azurelinux-rpm-macros', '3.0', {
      files: { '/usr/lib/rpm/macros.d/macros.azurelinux': `%dist ${flavour.dist}\n` },
    }),
    metapackage('core-packages-container', `${CONTAINER} ${repos}`),
    metapackage('core-packages-base-image', BASE_IMAGE, [
      'Requires: core-packages-container = %{version}-%{release}',
    ]),
    stub('SymCrypt', '103.8.0', { architecture: 'x86_64' }),
    stub('SymCrypt-OpenSSL', '1.8.0', {
      architecture: 'x86_64',
      tags: ['Requires: SymCrypt >= 103.8.0', 'Requires: openssl-libs'],
    }),
    stub('tdnf', '3.5.8', {
      tags: ['Requires: tdnf-cli-libs = %{version}-%{release}', 'Requires: rpm-libs >= 4.18'],
    }),
    stub('tdnf-cli-libs', '3.5.8'),
    stub('tdnf-plugin-repogpgcheck', '3.5.8', { tags: ['Requires: tdnf = %{version}-%{release}'] }),
    stub('libtool', '2.4.7'),
    stub('hyperv-daemons', '6.6', {
      tags: ['Requires: hypervkvpd = %{version}-%{release}', 'Requires: hypervvssd = %{version}-%{release}'],
    }),
    stub('hypervkvpd', '6.6'),
    stub('hypervvssd', '6.6'),
    stub('kernel-drivers-gpu', '6.12', { tags: ['Requires: kernel'] }),
    stub('cloud-init', '24.3.1', {
      files: {
        '/usr/lib/systemd/system/cloud-init-local.service':
          '[Unit]\nDescription=Stand-in for cloud-init\n\n[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/bin/true\n\n[Install]\nWantedBy=multi-user.target\n',
        '/etc/cloud/cloud.cfg': '# A stand-in.\n',
      },
      tags: ['Requires: python3', 'Requires: cloud-utils-growpart'],
      units: ['cloud-init-local.service'],
    }),
  ];
}

/** A package that nothing but a line of documentation is in. */
export function stub(name: string, version: string, more: Partial<Recipe> = {}): Recipe {
  return {
    name,
    version,
    release: '1',
    architecture: 'noarch',
    summary: `${STAND_IN}: ${name}`,
    ...more,
    files: more.files ?? { [`/usr/share/doc/${name}/README`]: `${STAND_IN}.\n` },
  };
}

function metapackage(name: string, requires: string, tags: readonly string[] = []): Recipe {
  return {
    name,
    version: '3.0',
    release: '8',
    architecture: 'x86_64',
    summary: `Metapackage: ${name}`,
    tags: [...tags, ...requires.split(' ').map((required) => `Requires: ${required}`)],
  };
}

function release({ name, title, dist }: Flavour): Recipe {
  const emt = name === 'emt3';
  const version = emt ? '26.06.02' : '3.0';
  return {
    name: emt ? 'edge-release' : 'azurelinux-release',
    version,
    release: emt ? '1' : '34',
    architecture: 'noarch',
    summary: `${title} release files`,
    files: {
      '/usr/lib/os-release': `NAME="${emt ? title : 'Microsoft Azure Linux'}"
VERSION="${version}"
ID=${emt ? `"${title}"` : 'azurelinux'}
VERSION_ID="3.0"
PRETTY_NAME="${emt ? title : 'Microsoft Azure Linux'} ${version} (stand-in)"
ANSI_COLOR="1;34"
`,
      '/usr/lib/lsb-release': `DISTRIB_ID="${title}"\nDISTRIB_RELEASE="${version}"\n`,
      '/usr/lib/rpm/macros.d/macros.dist': `%dist ${dist}\n%vendor stand-in\n`,
      '/usr/lib/systemd/system-preset/90-default.preset': PRESETS.map((unit) => `enable ${unit}\n`).join(''),
      '/usr/lib/systemd/system-preset/99-default-disable.preset': 'disable *\n',
      '/etc/issue': `Welcome to ${title} ${version} (stand-in) - (\\l)\n`,
    },
    links: { '/etc/os-release': '../usr/lib/os-release', '/etc/lsb-release': '../usr/lib/lsb-release' },
    tags: [
      'Provides: system-release = %{version}-%{release}',
      ...(emt
        ? ['Provides: azurelinux-release = %{version}-%{release}', 'Obsoletes: azurelinux-release < 3.0']
        : ['Obsoletes: mariner-release < 3']),
    ],
  };
}
