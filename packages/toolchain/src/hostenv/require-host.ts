import { ToolchainError } from '../errors.js';
import type { HostPackage } from './host-packages.js';
import type { HostReport } from './inspect-host.js';
import { installCommand } from './install-host-packages.js';

/** What a piece of work cannot do without, beyond the packages of the purposes that were inspected. */
export interface HostNeeds {
  readonly namespaces?: boolean | undefined;
  readonly loopDevices?: boolean | undefined;
}

/**
 * Says before work starts what this machine lacks for it.
 *
 * @throws ToolchainError HOST_UNFIT; its hint is the command that mends it
 */
export function requireHost(
  report: Pick<HostReport, 'missing' | 'namespaces' | 'loopDevices' | 'user'>,
  needs: HostNeeds = {},
): void {
  requireHostPackages(report.missing);
  if (needs.namespaces === true && !report.namespaces.usable) {
    const how = report.user.uid === 0 ? 'a build' : 'a build without root';
    throw new ToolchainError('HOST_UNFIT', `${how} needs private namespaces: ${report.namespaces.problem}`, {
      hint: report.namespaces.remedy,
      details: { lacks: 'namespaces' },
    });
  }
  if (needs.loopDevices === true && !report.loopDevices.usable) {
    throw new ToolchainError(
      'HOST_UNFIT',
      `--assembly loop needs loop devices: ${report.loopDevices.problem}`,
      {
        hint: 'use --assembly direct, which gives the same disk',
        details: { lacks: 'loop devices' },
      },
    );
  }
}

/** @throws ToolchainError HOST_UNFIT when any package is missing */
export function requireHostPackages(missing: readonly HostPackage[]): void {
  if (missing.length === 0) return;
  const names = missing.map((entry) => `${entry.names.apt} (${entry.use})`).join(', ');
  throw new ToolchainError('HOST_UNFIT', `this machine lacks ${names}`, {
    hint: `run "${installCommand(missing)}", or "ic host --install"`,
    details: { missing: missing.map((entry) => entry.names.apt) },
  });
}
