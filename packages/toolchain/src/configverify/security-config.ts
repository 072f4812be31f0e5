import type { PackageFamily } from '@ic/package-core';
import type { KernelConfig, SystemConfig } from '../config/image-config.js';
import type { TemplateSystem } from '../config/template-document.js';
import type { Report } from './report.js';

/** Words of the kernel's command line that choose a security module (kernel-parameters). */
const CHOOSING = /^(security|selinux|apparmor|enforcing|lsm)=/;

/**
 * The state of SELinux and AppArmor, and the kernel with the words on its command line that bring it about. Pure.
 *
 * @param kernel as the template has it
 */
export function withSecurity(
  { selinux, apparmor }: TemplateSystem,
  { family, report }: { readonly family: PackageFamily; readonly report: Report },
  kernel: KernelConfig,
): Pick<SystemConfig, 'kernel' | 'selinux' | 'apparmor'> {
  const enabled = apparmor?.enabled;
  const mode = selinux?.mode;
  if (enabled !== undefined && family === 'rpm') {
    report.add(['systemConfig', 'apparmor', 'enabled'], 'rpm targets have no AppArmor', {
      code: 'TEMPLATE_UNSUPPORTED',
      hint: 'leave it out; "selinux" is their security module',
    });
  }
  if (enabled === true && mode !== undefined && mode !== 'disabled') {
    report.add(['systemConfig', 'apparmor', 'enabled'], 'a kernel runs either SELinux or AppArmor', {
      code: 'TEMPLATE_CONFLICT',
      hint: 'write selinux: { mode: disabled }, or switch AppArmor off',
    });
  }
  const words = [
    ...(mode === undefined ? [] : mode === 'disabled' ? ['selinux=0'] : ['security=selinux', 'selinux=1']),
    ...(enabled === undefined ? [] : enabled ? ['security=apparmor', 'apparmor=1'] : ['apparmor=0']),
  ];
  const said = kernel.cmdline.split(/\s+/).find((word) => CHOOSING.test(word));
  if (words.length > 0 && said !== undefined) {
    report.add(
      ['systemConfig', 'kernel', 'cmdline'],
      `"${said}" is for "systemConfig.selinux" and "systemConfig.apparmor" to say, which this template has`,
      { code: 'TEMPLATE_CONFLICT', hint: 'take the word off the command line' },
    );
  }
  return {
    kernel: { ...kernel, cmdline: [kernel.cmdline, ...words].filter((word) => word !== '').join(' ') },
    selinux: mode === undefined ? undefined : { mode },
    apparmor: enabled === undefined ? undefined : { enabled },
  };
}
