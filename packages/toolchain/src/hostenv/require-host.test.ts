import { describe, expect, it } from 'vitest';
import { ToolchainError } from '../errors.js';
import { HOST_PACKAGES } from './host-packages.js';
import type { HostReport } from './inspect-host.js';
import { type HostNeeds, requireHost } from './require-host.js';

type Fitness = Parameters<typeof requireHost>[0];

const fit: Fitness = {
  missing: [],
  namespaces: { usable: true },
  loopDevices: { usable: true },
  user: { uid: 1000, name: 'alice' },
};

function refusal(report: Fitness, needs: HostNeeds): ToolchainError {
  try {
    requireHost(report, needs);
  } catch (error) {
    if (error instanceof ToolchainError) return error;
  }
  throw new Error('not refused');
}

describe('requireHost', () => {
  it('lets a fit host pass', () => {
    expect(() => requireHost(fit, { namespaces: true, loopDevices: true })).not.toThrow();
  });

  it('passes over what is not needed', () => {
    const namespaces: HostReport['namespaces'] = { usable: false, problem: 'p', remedy: 'r' };
    expect(() => requireHost({ ...fit, namespaces, loopDevices: { usable: false } }, {})).not.toThrow();
  });

  it('names missing packages and the command that installs them', () => {
    const missing = HOST_PACKAGES.filter((entry) => ['zstd', 'uidmap'].includes(entry.names.apt));
    const error = refusal({ ...fit, missing }, {});
    expect(error.code).toBe('HOST_UNFIT');
    expect(error.message).toContain('uidmap (builds without root), zstd');
    expect(error.hint).toContain('sudo apt-get install --yes uidmap zstd');
  });

  it('says what to do when a rootless build has no user namespaces', () => {
    const namespaces = { usable: false, problem: 'the reason', remedy: 'the remedy' };
    const error = refusal({ ...fit, namespaces }, { namespaces: true });
    expect(error.code).toBe('HOST_UNFIT');
    expect(error.message).toBe('a build without root needs private namespaces: the reason');
    expect(error.hint).toBe('the remedy');
  });

  it('offers the other assembly when there are no loop devices', () => {
    const error = refusal({ ...fit, loopDevices: { usable: false, problem: 'why' } }, { loopDevices: true });
    expect(error.message).toContain('why');
    expect(error.hint).toContain('--assembly direct');
  });
});
