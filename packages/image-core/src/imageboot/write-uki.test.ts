import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { has } from '../imagedisk/disk.test.fixture.js';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { readPe, sectionContent } from './pe.js';
import { makePe } from './pe.test.fixture.js';
import { type UkiParts, writeUki } from './write-uki.js';

const PARTS: UkiParts = {
  stub: makePe({
    sections: [
      { name: '.text', content: Buffer.alloc(3000, 0x90) },
      { name: '.reloc', content: Buffer.alloc(12) },
      { name: '.sbat', content: Buffer.from('sbat,1,SBAT Version,sbat,1,https://example.org\n') },
      { name: '.sdmagic', content: Buffer.from('#### LoaderInfo: systemd-stub 255 ####') },
    ],
  }),
  osRelease: 'ID=azurelinux\nVERSION_ID="3.0"\n',
  commandLine: 'root=PARTUUID=1234 rw quiet',
  release: '6.6.1-1.azl3',
  splash: Buffer.from('BM picture'),
  linux: makePe({ sections: [{ name: '.text', content: Buffer.alloc(9000, 0x91) }] }),
  initramfs: Buffer.alloc(70_000, 'initramfs'),
};
const EXPECTED: readonly (readonly [string, Buffer])[] = [
  ['.osrel', Buffer.from(PARTS.osRelease)],
  ['.cmdline', Buffer.from(PARTS.commandLine)],
  ['.uname', Buffer.from(PARTS.release)],
  ['.splash', Buffer.from('BM picture')],
  ['.linux', PARTS.linux],
  ['.initrd', PARTS.initramfs],
];
const NAMES = ['.text', '.reloc', '.sbat', '.sdmagic', ...EXPECTED.map(([name]) => name)];

/** Sections as `objdump -h` tells them: name, bytes in memory, address. */
function objdump(file: string): (readonly [string, number, number])[] {
  const text = execFileSync('objdump', ['-h', file], { encoding: 'utf8' });
  return [...text.matchAll(/^ +\d+ (\S+) +([0-9a-f]{8}) +([0-9a-f]+) /gm)].map(
    ([, name = '', size = '', address = '']) =>
      [name, Number.parseInt(size, 16), Number.parseInt(address, 16)] as const,
  );
}

describe('writeUki', () => {
  it('has the parts in their sections, behind those of the stub', () => {
    const bytes = writeUki(PARTS);
    const image = readPe(bytes, 'the image');
    expect(image.sections.map(({ name }) => name)).toEqual(NAMES);
    for (const [name, content] of EXPECTED) {
      expect(sectionContent(bytes, image, name)?.equals(content), name).toBe(true);
    }
  });

  it('is the same for the same parts', () => {
    expect(writeUki(PARTS).equals(writeUki(PARTS))).toBe(true);
  });

  it('leaves out what is empty', () => {
    const image = readPe(writeUki({ ...PARTS, osRelease: '' }), 'the image');
    expect(image.sections.map(({ name }) => name)).toEqual(NAMES.filter((name) => name !== '.osrel'));
  });

  it.each<[string, Partial<UkiParts>, string]>([
    ['a stub', { stub: Buffer.from('text') }, "systemd's stub is no UEFI program"],
    ['a kernel', { linux: Buffer.from('\x1f\x8b') }, 'the kernel 6.6.1-1.azl3 is no UEFI program'],
  ])('refuses %s that firmware could not start', (_title, parts, message) => {
    expect(() => writeUki({ ...PARTS, ...parts })).toThrow(
      expect.objectContaining({ code: 'IMAGE_FAILED', message: expect.stringContaining(message) }),
    );
  });

  it.skipIf(!has('objdump') || !has('objcopy'))('reads the same to binutils', () => {
    const folder = makeTree();
    const file = join(folder, 'uki.efi');
    writeFileSync(file, writeUki(PARTS));
    const image = readPe(writeUki(PARTS), 'the image');
    expect(objdump(file)).toEqual(
      image.sections.map(({ name, virtualSize, virtualAddress }) => [name, virtualSize, virtualAddress]),
    );
    for (const [name, content] of EXPECTED) {
      const out = join(folder, 'section');
      execFileSync('objcopy', ['-O', 'binary', '--only-section', name, file, out]);
      expect(readFileSync(out).subarray(0, content.length).equals(content), name).toBe(true);
    }
  });

  it.skipIf(!has('ukify'))('has the sections of ukify, in its order and at its places', () => {
    const folder = makeTree({ cmdline: PARTS.commandLine, osrel: PARTS.osRelease });
    const path = (name: string) => join(folder, name);
    writeFileSync(path('stub'), PARTS.stub);
    writeFileSync(path('linux'), PARTS.linux);
    writeFileSync(path('splash'), 'BM picture');
    writeFileSync(path('initrd'), PARTS.initramfs);
    const args = ['--stub', 'stub', '--linux', 'linux', '--initrd', 'initrd', '--uname', PARTS.release];
    const texts = ['--cmdline', '@cmdline', '--os-release', '@osrel', '--splash', 'splash'];
    execFileSync('ukify', ['build', ...args, ...texts, '--output', 'uki.efi'], {
      cwd: folder,
      stdio: 'pipe',
    });
    const theirs = readFileSync(path('uki.efi'));
    const ours = writeUki(PARTS);
    // ukify adds a line of its own to the .sbat of the stub.
    const sections = (bytes: Buffer) =>
      readPe(bytes, 'it').sections.map(({ virtualSize, fileOffset, fileSize, ...one }) =>
        one.name === '.sbat' ? one : { ...one, virtualSize },
      );
    expect(sections(ours)).toEqual(sections(theirs));
    for (const [name, content] of EXPECTED) {
      expect(sectionContent(theirs, readPe(theirs, 'it'), name)?.equals(content), name).toBe(true);
    }
  });
});
