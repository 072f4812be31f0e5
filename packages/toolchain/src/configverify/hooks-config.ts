import type { HookConfig, HookPoint, SystemConfig } from '../config/image-config.js';
import type { TemplateHook, TemplateSystem } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

/** The hooks of a checked document, by point. What does not fit is added to the report. Pure. */
export function hooksConfig(
  hooks: NonNullable<TemplateSystem['hooks']>,
  report: Report,
): SystemConfig['hooks'] {
  const at = (point: HookPoint) =>
    (hooks[point] ?? []).map((hook, index) =>
      hookConfig(hook, ['systemConfig', 'hooks', point, index], report),
    );
  return {
    preInstall: at('preInstall'),
    postInstall: at('postInstall'),
    preImage: at('preImage'),
    firstBoot: at('firstBoot'),
  };
}

function hookConfig(hook: TemplateHook, path: Path, report: Report): HookConfig {
  const { script, cmd, environment = {}, network = false } = hook;
  if ((script === undefined) === (cmd === undefined)) {
    report.add(path, 'a hook has either "script" or "cmd"', { code: 'TEMPLATE_CONFLICT' });
  }
  for (const [name, value] of Object.entries(environment)) {
    if (/^[A-Za-z_][A-Za-z0-9_]*$/.test(name) && !`${value}`.includes('\0')) continue;
    report.add([...path, 'environment', name], `"${name}" is not the name of a variable`, {
      hint: 'it has letters, digits and "_", and does not begin with a digit',
    });
  }
  return {
    run: script === undefined ? { cmd: cmd ?? '' } : { script },
    environment: Object.fromEntries(Object.entries(environment).map(([name, value]) => [name, `${value}`])),
    network,
  };
}
