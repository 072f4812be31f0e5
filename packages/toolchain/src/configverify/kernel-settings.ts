import type { SystemConfig } from '../config/image-config.js';
import type { TemplateSystem } from '../config/template-document.js';
import type { Report } from './report.js';

/** `net.ipv4.ip_forward`, or with slashes where a part has dots, as of an interface `eth0.100` (sysctl.d(5)). */
const PARAMETER = /^-?[A-Za-z0-9_*-]+([./][A-Za-z0-9_*:.@-]+)+$/;
const MODULE = /^[A-Za-z0-9_-]+$/;

/** The settings of the running kernel and of tmpfiles. What does not fit is added to the report. Pure. */
export function kernelSettings(
  { sysctl = {}, kernelModules = {}, tmpfiles = [] }: TemplateSystem,
  report: Report,
): Pick<SystemConfig, 'sysctl' | 'kernelModules' | 'tmpfiles'> {
  const refuse = (path: readonly (string | number)[], message: string, hint: string) =>
    report.add(['systemConfig', ...path], message, { hint });
  for (const [name, value] of Object.entries(sysctl)) {
    const hint = 'write the name as sysctl(8) shows it and its value on one line';
    if (!PARAMETER.test(name)) refuse(['sysctl', name], `"${name}" is not a parameter of the kernel`, hint);
    if (/[\r\n]/.test(`${value}`)) refuse(['sysctl', name], `the value of ${name} is not on one line`, hint);
  }
  const { load = [], disable = [], options = {} } = kernelModules;
  for (const [name, text] of Object.entries(options)) {
    if (!MODULE.test(name) || !/^[^\r\n]*\S[^\r\n]*$/.test(text)) {
      const hint = 'write MODULE: "parameter=value parameter=value", as modinfo(8) names them';
      refuse(['kernelModules', 'options', name], `"${name}: ${text}" are not the options of a module`, hint);
    }
  }
  const sameModule = (one: string) => one.replaceAll('-', '_');
  disable.forEach((name, index) => {
    if (!load.some((other) => sameModule(other) === sameModule(name))) return;
    report.add(
      ['systemConfig', 'kernelModules', 'disable', index],
      `the module "${name}" is in both "load" and "disable"`,
      { code: 'TEMPLATE_CONFLICT', hint: 'keep one of the two' },
    );
  });
  return {
    sysctl: Object.fromEntries(Object.entries(sysctl).map(([name, value]) => [name, `${value}`])),
    kernelModules: { load: [...new Set(load)], disable: [...new Set(disable)], options },
    tmpfiles,
  };
}
