/** Texts of configuration files that Debian makes while installing and RPM distributions ship. */

const common = (lines: string) => `# A stand-in for Azure Linux's PAM configuration.\n${lines}`;

export const PAM: Readonly<Record<string, string>> = {
  '/etc/pam.d/common-auth': common(
    'auth [success=1 default=ignore] pam_unix.so nullok\nauth requisite pam_deny.so\nauth required pam_permit.so\n',
  ),
  '/etc/pam.d/common-account': common(
    'account [success=1 new_authtok_reqd=done default=ignore] pam_unix.so\naccount requisite pam_deny.so\naccount required pam_permit.so\n',
  ),
  '/etc/pam.d/common-password': common(
    'password [success=1 default=ignore] pam_unix.so obscure yescrypt\npassword requisite pam_deny.so\npassword required pam_permit.so\n',
  ),
  '/etc/pam.d/common-session': common(
    'session required pam_unix.so\nsession optional pam_umask.so\n-session optional pam_systemd.so\n',
  ),
  '/etc/pam.d/common-session-noninteractive': common(
    'session required pam_unix.so\nsession optional pam_umask.so\n',
  ),
  '/etc/pam.d/other': common(
    '@include common-auth\n@include common-account\n@include common-password\n@include common-session\n',
  ),
  '/etc/environment': '',
};

export const SSHD_SERVICE = `[Unit]
Description=OpenSSH Daemon
After=network.target sshd-keygen.service
Wants=sshd-keygen.service

[Service]
Type=notify
ExecStart=/usr/sbin/sshd -D
ExecReload=/bin/kill -HUP $MAINPID
RuntimeDirectory=sshd
RuntimeDirectoryMode=0755
KillMode=process
Restart=on-failure

[Install]
WantedBy=multi-user.target
`;

export const KEYGEN_SERVICE = `[Unit]
Description=Generate sshd host keys
ConditionPathExists=|!/etc/ssh/ssh_host_ed25519_key
ConditionPathExists=|!/etc/ssh/ssh_host_rsa_key
Before=sshd.service

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/bin/ssh-keygen -A

[Install]
WantedBy=multi-user.target
`;

export const CHRONY_CONF = `pool time.example.com iburst
driftfile /var/lib/chrony/drift
makestep 1.0 3
rtcsync
`;

export const NSSWITCH = `passwd: files systemd
group: files systemd
shadow: files
hosts: files myhostname dns
services: files
protocols: files
`;

/** What Debian's rpm has compiled in otherwise. */
export const RPM_MACROS = `%_dbpath %{_var}/lib/rpm
%_db_backend sqlite
`;

export const DRACUT_PARTS = {
  hostonly: 'hostonly=yes\n',
  hyperv: 'add_drivers+=" hv_utils hv_vmbus hv_storvsc hv_netvsc hv_sock hv_balloon "\n',
  virtio: 'add_drivers+=" virtio_blk virtio-rng virtio_console virtio_mem "\n',
  vrf: 'add_drivers+=" vrf "\n',
  xen: 'add_drivers+=" xen-blkfront xen-netfront "\n',
} as const;
