/** How UEFI, systemd-boot and GRUB write an architecture (UEFI 2.10 §3.5.1.1). */
export const EFI_NAMES = {
  x86_64: {
    removable: 'BOOTX64.EFI',
    systemdBoot: 'systemd-bootx64.efi',
    stub: 'linuxx64.efi.stub',
    grub: 'grubx64.efi',
    shim: 'shimx64.efi',
    mokManager: 'mmx64.efi',
    fallback: 'fbx64.efi',
    fallbackList: 'BOOTX64.CSV',
    grubPlatform: 'x86_64-efi',
    grubPackage: 'grub-efi-amd64-bin (rpm: grub2-efi)',
  },
  aarch64: {
    removable: 'BOOTAA64.EFI',
    systemdBoot: 'systemd-bootaa64.efi',
    stub: 'linuxaa64.efi.stub',
    grub: 'grubaa64.efi',
    shim: 'shimaa64.efi',
    mokManager: 'mmaa64.efi',
    fallback: 'fbaa64.efi',
    fallbackList: 'BOOTAA64.CSV',
    grubPlatform: 'arm64-efi',
    grubPackage: 'grub-efi-arm64-bin (rpm: grub2-efi)',
  },
} as const;
