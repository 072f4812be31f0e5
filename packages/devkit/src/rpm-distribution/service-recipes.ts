import { CHRONY_CONF, KEYGEN_SERVICE, SSHD_SERVICE } from './contents.js';
import { bundleCertificates } from './finishing.js';
import type { Recipe } from './recipe.js';

/** Services, and programs that talk to the network or to disks. */
export const SERVICE_RECIPES: readonly Recipe[] = [
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
  {
    name: 'lvm2',
    debs: ['lvm2'],
    drops: /initramfs-tools/,
    units: ['lvm2-monitor.service', 'lvm2-lvmpolld.socket', 'blk-availability.service'],
  },
  { name: 'sudo', debs: ['sudo'], drops: /^\/etc\/init\.d|\/sudo\.service$|apport/ },
  {
    name: 'cloud-utils-growpart',
    debs: ['cloud-guest-utils'],
    drops: /vcs-run|ec2metadata/,
    tags: ['Requires: gawk', 'Requires: util-linux'],
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
];
