import { addPeSections } from './add-pe-sections.js';
import { readPe } from './pe.js';

/** What a unified kernel image is made of. */
export interface UkiParts {
  /** systemd's stub for UEFI, `linux*.efi.stub`. */
  readonly stub: Buffer;
  /** os-release(5) of the system that it starts; the menu shows it. */
  readonly osRelease: string;
  readonly commandLine: string;
  /** Kernel release, as `uname -r` says it. */
  readonly release: string;
  /** A BMP file that the stub shows. */
  readonly splash?: Buffer | undefined;
  readonly linux: Buffer;
  readonly initramfs: Buffer;
}

/**
 * A unified kernel image (UAPI group's specification, systemd-stub(7)): the stub with `.osrel`, `.cmdline`, `.uname`,
 * `.splash`, `.linux` and `.initrd`. The stub's own `.sbat` and `.sdmagic` stay. The same parts give the same bytes. Pure.
 *
 * @throws ImageError IMAGE_FAILED when the stub or the kernel is no UEFI program
 */
export function writeUki(parts: UkiParts): Buffer {
  readPe(parts.linux, `the kernel ${parts.release}`);
  const sections = [
    { name: '.osrel', content: Buffer.from(parts.osRelease) },
    { name: '.cmdline', content: Buffer.from(parts.commandLine) },
    { name: '.uname', content: Buffer.from(parts.release) },
    { name: '.splash', content: parts.splash ?? Buffer.alloc(0) },
    { name: '.linux', content: parts.linux, isCode: true },
    { name: '.initrd', content: parts.initramfs },
  ];
  const present = sections.filter(({ content }) => content.length > 0);
  return addPeSections(parts.stub, present, "systemd's stub");
}
