import type { AdditionalFile, KernelConfig, SystemConfig } from '../config/image-config.js';
import type { TargetData } from '../config/target-folder.js';
import type { TemplateDocument, TemplateFileEntry, TemplateSystem } from '../config/template-document.js';
import { groupsConfig } from './groups-config.js';
import { hooksConfig } from './hooks-config.js';
import { kernelSettings } from './kernel-settings.js';
import { networkConfig } from './network-config.js';
import type { Report } from './report.js';
import { withSecurity } from './security-config.js';
import { usersConfig } from './users-config.js';

/** In which a key opens the boot menu: enough for whoever waits for it. */
const MENU_SECONDS = 2;

/**
 * The system of a checked document, defaults filled in. What does not fit is added to the report. Pure.
 *
 * @param target its family, and whether it wants unified kernel images with systemd-boot where the template does not say
 */
export function systemConfig(
  document: TemplateDocument,
  { family, uki: unified = false }: Pick<TargetData, 'family' | 'uki'>,
  report: Report,
): SystemConfig {
  const system = document.systemConfig;
  checkLists(system, report);
  const bootType = system.bootloader?.bootType ?? 'efi';
  // systemd-boot is the lighter one, and GRUB the only one that BIOS can start.
  const provider = system.bootloader?.provider ?? (bootType === 'efi' ? 'systemd-boot' : 'grub');
  return {
    name: system.name ?? '',
    description: system.description ?? '',
    hostname: system.hostname ?? document.target.dist,
    packages: distinct(system.packages ?? []),
    excludePackages: distinct(system.excludePackages ?? []),
    recommends: system.recommends ?? false,
    ...withSecurity(
      system,
      { family, report },
      kernelConfig(system.kernel ?? {}, unified && provider === 'systemd-boot'),
    ),
    bootloader: {
      bootType,
      provider,
      timeout: system.bootloader?.timeout ?? MENU_SECONDS,
      bootCounting: system.bootloader?.bootCounting,
      shim: system.bootloader?.shim ?? false,
    },
    users: usersConfig(document, report),
    network: networkConfig(system.network ?? {}, report),
    timezone: system.timezone ?? 'UTC',
    locale: system.locale ?? 'C.UTF-8',
    keyboard: { ...system.keyboard, layout: system.keyboard?.layout ?? 'us' },
    services: {
      enable: distinct(system.services?.enable ?? []),
      disable: distinct(system.services?.disable ?? []),
      mask: distinct(system.services?.mask ?? []),
    },
    additionalFiles: (system.additionalFiles ?? []).map(additionalFile),
    configurations: system.configurations ?? [],
    groups: groupsConfig(system.groups ?? [], report),
    ...kernelSettings(system, report),
    hooks: hooksConfig(system.hooks ?? {}, report),
    packageManager: {
      documentation: system.packageManager?.documentation ?? true,
      languages: system.packageManager?.languages,
    },
    cloudInit: system.cloudInit,
  };
}

function kernelConfig(kernel: NonNullable<TemplateSystem['kernel']>, unified: boolean): KernelConfig {
  const modules = kernel.enableExtraModules ?? [];
  return {
    name: kernel.name,
    version: kernel.version,
    cmdline: (kernel.cmdline ?? '').trim(),
    packages: distinct(kernel.packages ?? []),
    extraModules:
      typeof modules === 'string' ? modules.split(/[\s,]+/).filter((name) => name !== '') : modules,
    default: kernel.default,
    splash: kernel.splash,
    uki: kernel.uki ?? unified,
  };
}

function additionalFile({ local, final, stage, mode, owner }: TemplateFileEntry): AdditionalFile {
  return {
    local,
    final,
    stage: stage === 'pre-initramfs' ? stage : undefined,
    mode: mode === undefined ? undefined : Number.parseInt(mode, 8),
    owner,
  };
}

function checkLists(system: TemplateSystem, report: Report): void {
  const conflict = (path: readonly (string | number)[], message: string) =>
    report.add(['systemConfig', ...path], message, {
      code: 'TEMPLATE_CONFLICT',
      hint: 'keep one of the two',
    });
  system.excludePackages?.forEach((name, index) => {
    const listed = [...(system.packages ?? []), ...(system.kernel?.packages ?? [])];
    if (listed.includes(name))
      conflict(['excludePackages', index], `the package "${name}" is both wanted and excluded`);
  });
  for (const off of ['disable', 'mask'] as const) {
    system.services?.[off]?.forEach((unit, index) => {
      if (system.services?.enable?.includes(unit))
        conflict(['services', off, index], `the unit "${unit}" is in both "enable" and "${off}"`);
    });
  }
  const finals = (system.additionalFiles ?? []).map(({ final }) => final);
  finals.forEach((final, index) => {
    if (finals.indexOf(final) !== index)
      conflict(['additionalFiles', index, 'final'], `two files go to ${final}`);
  });
}

function distinct(names: readonly string[]): string[] {
  return [...new Set(names)];
}
