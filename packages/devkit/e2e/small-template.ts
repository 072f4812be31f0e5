/** The smallest bootable image of Debian 12 that the shipped target gives, for tests that build time and again. */
export const SMALL_TEMPLATE = `
image: { name: small, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
disk:
  size: 700MiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: root, type: linux-root-amd64, fsType: ext4, mountPoint: / }
systemConfig:
  hostname: small
  kernel: { packages: [linux-image-cloud-amd64] }
  excludePackages: [apt, ca-certificates, iproute2, libpam-systemd, openssh-server, procps, sudo, tzdata]
`;
