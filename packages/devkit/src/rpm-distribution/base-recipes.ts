import { NSSWITCH, PAM, RPM_MACROS } from './contents.js';
import type { Recipe } from './recipe.js';

/** What every installation has: C library, shell, users, tools. */
export const BASE_RECIPES: readonly Recipe[] = [
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
  // One locale is enough, with those that its links lead to; all of them take 200 MB.
  {
    name: 'glibc-locales-all',
    debs: ['locales-all'],
    drops: /^\/usr\/lib\/locale\/(?!(?:(?:en_GB|aa_DJ|cy_GB)\.utf8|en_AG|bi_VU|aa_ET)$)[^/]+$/,
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
    name: 'cracklib-dicts',
    partOf: 'cracklib',
    takes: /\/cracklib-small/,
    summary: 'The word lists of cracklib',
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
  { name: 'procps-ng', debs: ['procps', 'hostname'], tags: ['Provides: hostname'] },
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
  // A script in Python, which no image is to have for its sake.
  { name: 'iproute', debs: ['iproute2'], drops: /^\/usr\/bin\/routel$/ },
  { name: 'e2fsprogs', debs: ['e2fsprogs', 'logsave'], drops: /^\/etc\/cron\.d|e2scrub/ },
  // The other is a script in Python.
  { name: 'xfsprogs', debs: ['xfsprogs'], drops: /xfs_scrub_all/ },
  {
    name: 'pkgconf',
    debs: ['pkgconf', 'pkgconf-bin'],
    drops: /dpkghook|\/etc\/dpkg/,
    tags: ['Provides: pkg-config = 1:%{version}', 'Provides: pkgconfig = 1:%{version}'],
  },
  { name: 'libcap', debs: ['libcap2-bin'] },
];
