import type { BootFileSystem, BootPlan } from './boot-plan.js';
import type { InstalledKernel } from './find-kernels.js';
import { grubWords, singleQuoted } from './grub-quote.js';
import { serialConsole } from './serial-console.js';

/** Finds the file system with GRUB's folder from a core image alone, then goes on from there. */
export function grubEarlyConfig(boot: BootPlan): string {
  const prefix = grubPath(boot, boot.grubFolder);
  return `search.fs_uuid ${bootFileSystem(boot).fsUuid} root\nset prefix=($root)${singleQuoted(prefix)}\n`;
}

/** The file beside a `grubx64.efi` that somebody else signed: such an image has no configuration of its own. */
export function grubStubConfig(boot: BootPlan): string {
  return `${grubEarlyConfig(boot)}configfile $prefix/grub.cfg\n`;
}

/** A path of the image as GRUB sees it, in the file system that holds `/boot`. */
export function grubPath(boot: BootPlan, path: string): string {
  const { mountPoint, subvolume } = bootFileSystem(boot);
  const below = mountPoint === '/' ? path : path.slice(mountPoint.length);
  return subvolume === undefined ? below : `/${subvolume}${below}`;
}

/** GRUB's plans have it. */
export function bootFileSystem({ boot }: BootPlan): BootFileSystem {
  if (boot === undefined) throw new Error('a boot plan of GRUB has no file system with /boot');
  return boot;
}

/**
 * grub.cfg for UEFI and BIOS alike: one entry for each kernel, the first starts by itself. `update-grub` on the device
 * replaces it and finds the same settings in `grubDefaults`. Pure.
 */
export function grubConfig(boot: BootPlan, title: string, kernels: readonly InstalledKernel[]): string {
  return [
    '# Made with the image. update-grub or grub2-mkconfig writes this file anew from /etc/default/grub.d.',
    'set default=0',
    `set timeout=${boot.menuSeconds}`,
    ...serialTerminal(boot),
    // Without a video driver GRUB says that it boots in blind mode and waits.
    'if [ "$grub_platform" = efi ]; then insmod all_video; fi',
    `search --no-floppy --fs-uuid --set=root ${bootFileSystem(boot).fsUuid}`,
    ...kernels.flatMap((kernel, index) => [
      '',
      `menuentry ${singleQuoted(index === 0 ? title : `${title}, with Linux ${kernel.release}`)} --class gnu-linux --id ${singleQuoted(kernel.release)} {`,
      `  linux ${singleQuoted(grubPath(boot, kernel.image))} ${grubWords(boot.commandLine)}`,
      `  initrd ${singleQuoted(grubPath(boot, kernel.initramfs))}`,
      '}',
    ]),
    '',
  ].join('\n');
}

/** A machine without the port keeps its screen: `serial` fails there. */
function serialTerminal(boot: BootPlan): string[] {
  const serial = serialConsole(boot.commandLine);
  if (serial === undefined) return [];
  return [
    `if serial --unit=${serial.unit} --speed=${serial.speed}; then`,
    '  terminal_input console serial',
    '  terminal_output console serial',
    'fi',
  ];
}

/**
 * The entry that starts by itself, as shell: grub-mkconfig makes ids of the kernel's release and of the root file system's
 * UUID, and puts all kernels into a submenu.
 */
function defaultEntry({ defaultKernel, rootFsUuid }: BootPlan): string[] {
  if (defaultKernel === undefined || rootFsUuid === undefined) return [];
  return [
    '# The newest kernel that fits "systemConfig.kernel.default".',
    `image_default=$(ls /boot/vmlinuz-${defaultKernel} 2>/dev/null | sort -V | tail -n 1)`,
    `if [ -n "$image_default" ]; then`,
    `  GRUB_DEFAULT="gnulinux-advanced-${rootFsUuid}>gnulinux-\${image_default#/boot/vmlinuz-}-advanced-${rootFsUuid}"`,
    'fi',
  ];
}

/**
 * A file for `/etc/default/grub.d` with which update-grub on the device gives an equivalent of `grubConfig`. A drop-in,
 * because `/etc/default/grub` belongs to the GRUB packages. Pure.
 */
export function grubDefaults(boot: BootPlan): string {
  const serial = serialConsole(boot.commandLine);
  const words = grubWords(boot.commandLine.replace(/(?:^|\s)root=PARTUUID=\S+/, '').trim());
  return [
    `GRUB_TIMEOUT=${boot.menuSeconds}`,
    `GRUB_CMDLINE_LINUX=${singleQuoted(words)}`,
    "GRUB_CMDLINE_LINUX_DEFAULT=''",
    'GRUB_DISABLE_LINUX_UUID=true',
    'GRUB_DISABLE_LINUX_PARTUUID=false',
    'GRUB_DISABLE_OS_PROBER=true',
    ...defaultEntry(boot),
    ...(serial === undefined
      ? []
      : [
          "GRUB_TERMINAL='console serial'",
          `GRUB_SERIAL_COMMAND='serial --unit=${serial.unit} --speed=${serial.speed}'`,
        ]),
    '',
  ].join('\n');
}
