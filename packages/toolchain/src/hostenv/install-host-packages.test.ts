import { describe, expect, it } from 'vitest';
import { HOST_PACKAGES } from './host-packages.js';
import { aptCommands, installCommand, installHostPackages } from './install-host-packages.js';

describe('aptCommands', () => {
  it('reads the index, then installs without questions', () => {
    expect(aptCommands(['zstd', 'ovmf'], { uid: 0 })).toEqual([
      ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300', 'update'],
      [
        ...['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'],
        ...['install', '--yes', '--no-install-recommends', 'zstd', 'ovmf'],
      ],
    ]);
  });

  it('goes through sudo with its environment set behind it', () => {
    const [update] = aptCommands(['zstd'], { uid: 1000, environment: { https_proxy: 'http://proxy:1' } });
    expect(update?.slice(0, 4)).toEqual([
      'sudo',
      'env',
      'DEBIAN_FRONTEND=noninteractive',
      'https_proxy=http://proxy:1',
    ]);
  });
});

describe('installHostPackages', () => {
  it('does and says nothing when nothing is missing', async () => {
    let announced = false;
    await installHostPackages([], { uid: 0, announce: () => (announced = true) });
    expect(announced).toBe(false);
  });
});

describe('HOST_PACKAGES', () => {
  it('names each package once, proves each by something and says what each is for', () => {
    const names = HOST_PACKAGES.map((entry) => entry.names.apt);
    expect(new Set(names).size).toBe(names.length);
    for (const entry of HOST_PACKAGES) {
      expect([...(entry.programs ?? []), ...(entry.anyFile ?? [])], entry.names.apt).not.toEqual([]);
      expect(entry.use).not.toBe('');
      expect(entry.purposes).not.toEqual([]);
    }
    expect(installCommand(HOST_PACKAGES)).toContain('bubblewrap');
  });
});
