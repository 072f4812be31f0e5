/** Debian packages that, with all they need, a stand-in for Azure Linux can be made of. */
export const DEBIAN_ROOTS: readonly string[] =
  `libc6 libc-bin bash coreutils util-linux mount fdisk login passwd systemd systemd-sysv udev systemd-cryptsetup
systemd-repart systemd-resolved libnss-systemd libnss-myhostname dbus kmod dracut-core linux-image-cloud-amd64
systemd-boot systemd-boot-efi systemd-ukify e2fsprogs rpm rpm2cpio grep sed gzip zstd cpio findutils procps tar
diffutils gawk libpam-modules ca-certificates hostname dosfstools mtools xz-utils less iproute2 openssh-server
openssh-client iputils-ping ncurses-base bc bzip2 chrony cracklib-runtime cronie anacron curl cryptsetup-bin
libelf1t64 expat file libgdbm6t64 netbase irqbalance iptables lvm2 dmsetup lz4 libncursesw6 net-tools openssl
pkgconf readline-common sudo tzdata logrotate efibootmgr cloud-guest-utils libcap2-bin shim-unsigned grub-common
grub-pc-bin grub-efi-amd64-bin grub2-common libsqlite3-0 kbd xfsprogs btrfs-progs erofs-utils squashfs-tools locales-all
selinux-policy-default`.split(/\s+/);

/** Kernels of which the newest two are taken: the older one becomes `kernel`, the newer one `kernel-hwe`. */
export const DEBIAN_KERNELS = 'linux-image-6.12.*-cloud-amd64';
