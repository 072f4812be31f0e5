import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeTree, type Tree } from '../imageos/image-fixture.test.helper.js';
import { EFI_NAMES } from './efi-names.js';
import { makePe } from './pe.test.fixture.js';
import { installRemovableLoader } from './removable-loader.js';

const SBAT = 'sbat,1,SBAT Version,sbat,1,https://example.org\n';
const withSbat = (line: string) =>
  makePe({ sections: [{ name: '.sbat', content: Buffer.from(SBAT + line) }] });
const SHIM = withSbat('shim,4,UEFI shim,shim,1,https://example.org\n');
const OTHER = withSbat('systemd-boot,1,The systemd Developers,systemd,255,https://example.org\n');

async function install(tree: Tree, first?: { readonly name: string; readonly bytes: Buffer }) {
  const rootfs = makeTree({ loader: 'loader', 'esp/EFI/BOOT': null, ...tree });
  const folder = join(rootfs, 'esp/EFI/BOOT');
  if (first !== undefined) writeFileSync(join(folder, first.name), first.bytes);
  const names = EFI_NAMES.x86_64;
  await installRemovableLoader({ tree: rootfs, path: '/loader' }, { rootfs, esp: '/esp', names });
  return Object.fromEntries(
    readdirSync(folder).map((name) => {
      const bytes = readFileSync(join(folder, name));
      return [name, bytes.equals(SHIM) ? 'shim' : bytes.toString()];
    }),
  );
}

describe('installRemovableLoader', () => {
  it.each<[string, Tree, { name: string; bytes: Buffer } | undefined, Record<string, string>]>([
    ['an empty folder', {}, undefined, { 'BOOTX64.EFI': 'loader' }],
    [
      'another loader in other letters',
      {},
      { name: 'bootx64.efi', bytes: OTHER },
      { 'bootx64.efi': 'loader' },
    ],
    [
      'shim, whose next stage a package has brought',
      { 'esp/EFI/BOOT/grubx64.efi': 'older', 'esp/EFI/BOOT/mmx64.efi': 'keys' },
      { name: 'bootx64.efi', bytes: SHIM },
      { 'bootx64.efi': 'shim', 'grubx64.efi': 'loader', 'mmx64.efi': 'keys' },
    ],
    [
      'shim alone',
      {},
      { name: 'BOOTX64.EFI', bytes: SHIM },
      { 'BOOTX64.EFI': 'shim', 'grubx64.efi': 'loader' },
    ],
  ])('into %s', async (_title, tree, first, expected) => {
    expect(await install(tree, first)).toEqual(expected);
  });
});
