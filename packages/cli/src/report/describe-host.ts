import type { HostReport } from '@ic/toolchain';
import { formatSize } from '@ic/utils';

/** A host report for people: what this machine can do, what it cannot and why, and the command that mends it. */
export function describeHost(report: HostReport): string {
  const { os, user, namespaces, loopDevices, kvm } = report;
  const privilege = user.uid === 0 ? 'as root' : `without root, as ${user.name}`;
  return table([
    [
      'system',
      `${os.prettyName}, Linux ${report.kernel}, ${report.architecture}, ${report.processors} processors`,
    ],
    ['builds', namespaces.usable ? `yes, ${privilege}` : `no, not ${privilege}: ${namespaces.problem}`],
    ...(namespaces.remedy === undefined ? [] : [['', `to mend it, ${namespaces.remedy}`] as const]),
    ['loop devices', loopDevices.usable ? 'yes' : `no: ${loopDevices.problem}`],
    ['memory', `${formatSize(report.memoryAvailable)} for building in memory`],
    ...report.space.map(({ path, available }) => ['space', `${formatSize(available)} at ${path}`] as const),
    [
      'KVM',
      kvm === undefined ? 'not tried' : kvm.usable ? 'yes' : `no, machines are emulated: ${kvm.problem}`,
    ],
    ['UEFI firmware', report.firmware?.code ?? 'none'],
    [
      'programs',
      report.programs
        .flatMap(({ name, path, version }) => (path ? [`${name} ${version ?? ''}`.trim()] : []))
        .join(', '),
    ],
    ['missing', report.missing.map((entry) => `${entry.names.apt} (${entry.use})`).join(', ') || 'nothing'],
    ...(report.missing.length === 0 ? [] : [['', 'to install it, run "ic host --install"'] as const]),
  ]);
}

function table(rows: readonly (readonly [string, string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => `${name.padEnd(width)}  ${text}\n`).join('');
}
