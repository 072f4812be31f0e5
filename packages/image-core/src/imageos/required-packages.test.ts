import type { ImageConfig, SystemConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';
import { makeSystem } from './image-fixture.test.helper.js';
import { requirePackages } from './required-packages.js';

const NETWORK = { backend: 'systemd-networkd', ntp: [], interfaces: [] } as const;

function config(system: Partial<SystemConfig>, family: 'deb' | 'rpm' = 'deb'): ImageConfig {
  return makeSystem({ system, family }).image.config;
}

describe('requirePackages', () => {
  it.each([
    ['netplan', () => config({ network: { ...NETWORK, backend: 'netplan' } }), 'netplan.io'],
    ['ntp', () => config({ network: { ...NETWORK, ntp: ['192.0.2.9'] } }), 'systemd-timesyncd'],
    ['ntp', () => config({ network: { ...NETWORK, ntp: ['192.0.2.9'] } }, 'rpm'), 'chrony'],
    ['cloudInit', () => config({ cloudInit: {} }), 'cloud-init'],
    ['apparmor', () => config({ apparmor: { enabled: true } }), 'apparmor'],
  ])('asks of %s that a package can do it', (key, configOf, able) => {
    const asking = configOf();
    expect(() => requirePackages(asking, new Set([able]))).not.toThrow();
    expect(() => requirePackages(asking, new Set(['bash']))).toThrow(
      expect.objectContaining({
        code: 'PACKAGE_LACKING',
        fault: 'request',
        message: expect.stringContaining(key),
        hint: expect.stringContaining(able),
      }),
    );
  });

  it('asks of a repository that stays that there is somebody to use it', () => {
    const base = config({});
    const repository = {
      ...{ name: 'a', url: '', suites: [], components: [], keySources: [], fingerprints: [] },
      ...{ trusted: false, signedIndex: true, priority: 500, keepInImage: true },
    };
    const asking = { ...base, repositories: [repository] };
    expect(() => requirePackages(asking, new Set(['bash']))).toThrow(/keepInImage/);
    expect(() => requirePackages(asking, new Set(['apt']))).not.toThrow();
  });

  it.each([
    ['permissive', 'deb', 'selinux-policy-default'],
    ['enforcing', 'rpm', 'selinux-policy'],
  ] as const)('asks of selinux: %s for a policy, and for who labels by it', (mode, family, policy) => {
    const asking = config({ selinux: { mode } }, family);
    expect(() => requirePackages(asking, new Set([policy, 'policycoreutils']))).not.toThrow();
    for (const [names, lacking] of [
      [['policycoreutils'], policy],
      [[policy], 'policycoreutils'],
    ] as const) {
      expect(() => requirePackages(asking, new Set(names))).toThrow(
        expect.objectContaining({ code: 'PACKAGE_LACKING', hint: expect.stringContaining(lacking) }),
      );
    }
    const inMemory = { ...asking, target: { ...asking.target, imageType: 'img' as const } };
    expect(() => requirePackages(inMemory, new Set([policy]))).not.toThrow();
  });

  it('asks nothing of a template that asks nothing', () => {
    const quiet = config({ selinux: { mode: 'disabled' }, apparmor: { enabled: false } });
    expect(() => requirePackages(quiet, new Set())).not.toThrow();
  });
});
