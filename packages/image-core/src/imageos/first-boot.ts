import { chmod, copyFile, lutimes } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { HookConfig } from '@ic/toolchain';
import type { ImageSystem } from './image-system.js';
import { resolveInRoot } from './resolve-in-root.js';
import { makeFolders, writeText } from './root-files.js';
import { interpreterOf } from './run-hooks.js';

const UNIT = 'ic-first-boot.service';
const FOLDER = '/usr/lib/ic-first-boot';
const STAMP = '/var/lib/ic-first-boot.done';

/**
 * Puts the template's hooks of the first boot into the image, and a unit that runs them in their order. Its stamp is written
 * when all have succeeded: one that fails leaves a failed unit, and the next boot begins anew. Not by systemd's own
 * ConditionFirstBoot=, which an empty /etc/machine-id does not meet (machine-id(5)).
 *
 * @returns the units to enable
 * @throws ImageError HOOK_INVALID
 */
export async function configureFirstBoot({ rootfs, config, epoch }: ImageSystem): Promise<string[]> {
  const hooks = config.system.hooks.firstBoot;
  if (hooks.length === 0) return [];
  const programs: string[] = [];
  for (const [index, hook] of hooks.entries()) {
    const program = `${FOLDER}/${String(index + 1).padStart(2, '0')}`;
    if ('script' in hook.run) await bringScript(rootfs, { ...hook.run, epoch, program: `${program}.script` });
    await writeText(rootfs, program, firstBootProgram(hook, `${program}.script`), { mode: 0o755 });
    programs.push(program);
  }
  const network = hooks.some((hook) => hook.network);
  await writeText(rootfs, `/usr/lib/systemd/system/${UNIT}`, firstBootUnit(programs, network));
  return [UNIT];
}

async function bringScript(
  rootfs: string,
  { script, program, epoch }: { readonly script: string; readonly program: string; readonly epoch: number },
): Promise<void> {
  await interpreterOf(script);
  const place = await resolveInRoot(rootfs, program);
  await makeFolders(dirname(place));
  await copyFile(script, place);
  await chmod(place, 0o755);
  await lutimes(place, epoch, epoch);
}

/** What the unit starts for one hook: its variables, then itself. Pure. */
function firstBootProgram({ run, environment }: HookConfig, script: string): string {
  const variables = Object.entries(environment).map(
    ([name, value]) => `export ${name}='${value.replaceAll("'", "'\\''")}'\n`,
  );
  return `#!/bin/sh\n${variables.join('')}${'cmd' in run ? run.cmd : `exec ${script}`}\n`;
}

/** The text of the unit. Pure. */
export function firstBootUnit(programs: readonly string[], network: boolean): string {
  return `[Unit]
Description=What this image does at its first boot
ConditionPathExists=!${STAMP}
${network ? 'Wants=network-online.target\nAfter=network-online.target\n' : ''}RequiresMountsFor=${STAMP}

[Service]
Type=oneshot
RemainAfterExit=yes
${programs.map((program) => `ExecStart=${program}\n`).join('')}ExecStart=/usr/bin/touch ${STAMP}

[Install]
WantedBy=multi-user.target
`;
}
