import { release } from 'node:os';
import { describe, expect, it } from 'vitest';
import { inspectHost } from './inspect-host.js';
import { missingHostPackages } from './missing-host-packages.js';

describe('inspectHost', () => {
  it('reports this machine', async () => {
    const report = await inspectHost({ purposes: ['build'], places: ['/'] });
    expect(report.kernel).toBe(release());
    expect(report.memoryAvailable).toBeGreaterThan(0);
    expect(report.space[0]?.available).toBeGreaterThan(0);
    expect(report.kvm).toBeUndefined();
    const unshare = report.programs.find((program) => program.name === 'unshare');
    expect(unshare?.path).toMatch(/\/unshare$/);
    expect(unshare?.version).toMatch(/^2\./);
    expect(report.missing).toEqual(await missingHostPackages(['build']));
    if (!report.namespaces.usable) expect(report.namespaces.remedy).toBeTruthy();
  });

  it('rejects when it is cancelled', async () => {
    await expect(inspectHost({ purposes: ['build'], signal: AbortSignal.abort() })).rejects.toMatchObject({
      code: 'CANCELLED',
    });
  });
});
