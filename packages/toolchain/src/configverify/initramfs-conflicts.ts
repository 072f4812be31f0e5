import type { DiskConfig } from '../config/image-config.js';
import type { TemplateDocument } from '../config/template-document.js';
import type { Report } from './report.js';

/** The disk of an image that has none. */
export const NO_DISK: DiskConfig = {
  name: '',
  size: 0,
  partitionTableType: 'gpt',
  partitions: [],
  artifacts: [],
};

interface Refusal {
  readonly path: readonly string[];
  readonly isAsked: boolean;
  readonly message: string;
  readonly hint: string;
}

/** Keys that an image without disk and boot loader (`imageType: img`) cannot honour. Pure. */
export function checkInitramfs(
  { disk, systemConfig: system }: Omit<TemplateDocument, 'disk'> & Partial<TemplateDocument>,
  report: Report,
): void {
  const refusals: readonly Refusal[] = [
    {
      path: ['disk'],
      isAsked: disk !== undefined,
      message: 'makes a kernel and an initial RAM disk, so there is no disk to describe',
      hint: 'take "disk" away, or write imageType: raw',
    },
    {
      path: ['systemConfig', 'bootloader'],
      isAsked: system.bootloader !== undefined,
      message: "is started by the network's own boot loader, so the image has none",
      hint: 'take "bootloader" away; "kernel.cmdline" goes into the iPXE script beside the image',
    },
    {
      path: ['systemConfig', 'kernel', 'uki'],
      isAsked: system.kernel?.uki === true,
      message: 'leaves kernel and initial RAM disk as two files, not as a unified kernel image',
      hint: 'write uki: false',
    },
    {
      path: ['systemConfig', 'kernel', 'splash'],
      isAsked: system.kernel?.splash !== undefined,
      message: 'has no unified kernel image, which alone holds a splash',
      hint: 'take "splash" away',
    },
    {
      path: ['systemConfig', 'kernel', 'default'],
      isAsked: system.kernel?.default !== undefined,
      message: 'leaves one kernel, the newest',
      hint: 'take "default" away, and name that one kernel in "kernel.packages"',
    },
    {
      path: ['systemConfig', 'kernel', 'enableExtraModules'],
      isAsked: system.kernel?.enableExtraModules !== undefined,
      message: 'has all modules of its kernel in the initial RAM disk',
      hint: 'take "enableExtraModules" away; "kernelModules" tells what is loaded',
    },
    {
      path: ['systemConfig', 'swapFiles'],
      isAsked: (system.swapFiles ?? []).length > 0,
      message: 'runs in memory, where a swap file gains nothing',
      hint: 'take "swapFiles" away',
    },
    {
      path: ['systemConfig', 'selinux', 'mode'],
      isAsked: system.selinux?.mode === 'enforcing',
      message: 'has files without labels, of which SELinux would let nothing run',
      hint: 'write mode: permissive or disabled',
    },
  ];
  for (const { path, isAsked, message, hint } of refusals) {
    if (isAsked) report.add(path, `imageType: img ${message}`, { code: 'TEMPLATE_CONFLICT', hint });
  }
}
