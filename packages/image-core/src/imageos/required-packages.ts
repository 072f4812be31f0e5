import type { ImageConfig } from '@ic/toolchain';
import { ImageError } from '../errors.js';
import { isLabelled } from './security-modules.js';

interface Requirement {
  /** What asks for it, as a key of the template. */
  readonly key: string;
  readonly isAsked: (config: ImageConfig) => boolean;
  /** One of these does, by family. */
  readonly packages: Readonly<Record<'deb' | 'rpm', readonly string[]>>;
}

const REQUIREMENTS: readonly Requirement[] = [
  {
    key: 'systemConfig.network.backend: netplan',
    isAsked: ({ system }) => system.network.backend === 'netplan',
    packages: { deb: ['netplan.io'], rpm: ['netplan', 'netplan.io'] },
  },
  {
    key: 'systemConfig.network.ntp',
    isAsked: ({ system }) => system.network.ntp.length > 0,
    // Some rpm distributions have systemd-timesyncd in the package of systemd.
    packages: { deb: ['systemd-timesyncd', 'chrony'], rpm: ['chrony', 'systemd-timesyncd', 'systemd'] },
  },
  {
    key: 'systemConfig.cloudInit',
    isAsked: ({ system }) => system.cloudInit !== undefined,
    packages: { deb: ['cloud-init'], rpm: ['cloud-init'] },
  },
  {
    key: 'systemConfig.selinux',
    isAsked: ({ system }) => (system.selinux?.mode ?? 'disabled') !== 'disabled',
    packages: { deb: ['selinux-policy-default', 'selinux-policy-mls'], rpm: ['selinux-policy'] },
  },
  {
    // setfiles(8)
    key: 'systemConfig.selinux',
    isAsked: isLabelled,
    packages: { deb: ['policycoreutils'], rpm: ['policycoreutils'] },
  },
  {
    key: 'systemConfig.apparmor',
    isAsked: ({ system }) => system.apparmor?.enabled === true,
    packages: { deb: ['apparmor'], rpm: ['apparmor'] },
  },
  {
    key: 'packageRepositories[].keepInImage',
    isAsked: ({ repositories }) => repositories.some(({ keepInImage }) => keepInImage === true),
    packages: { deb: ['apt'], rpm: ['dnf', 'dnf5', 'tdnf', 'microdnf', 'yum', 'zypper'] },
  },
];

/**
 * That the packages of an image have what its template asks to configure: said before anything is fetched. Pure.
 *
 * @param names of all chosen packages
 * @throws ImageError PACKAGE_LACKING naming the key and the packages that would do
 */
export function requirePackages(config: ImageConfig, names: ReadonlySet<string>): void {
  for (const { key, isAsked, packages } of REQUIREMENTS) {
    const able = packages[config.target.family];
    if (!isAsked(config) || able.some((name) => names.has(name))) continue;
    throw new ImageError(
      'PACKAGE_LACKING',
      `the template has ${key}, and no package of the image can do it`,
      {
        fault: 'request',
        hint: `add ${able.join(' or ')} to systemConfig.packages, or take the key out`,
        details: { key, packages: [...able] },
      },
    );
  }
}
