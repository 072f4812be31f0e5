import { kernelWords } from './kernel-words.js';

/** A word of GRUB's script language, or of a POSIX shell, that means exactly this text. Pure. */
export function singleQuoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}

/**
 * A kernel command line as arguments of GRUB's `linux`. GRUB puts double quotes around an argument with a space in it
 * and a backslash before quotes inside one (grub_create_loader_cmdline), so quotes around values are taken off here:
 * the kernel reads `"name=a b"` and `name="a b"` as the same. Pure.
 */
export function grubWords(commandLine: string): string {
  return kernelWords(commandLine)
    .map((word) => word.replaceAll('"', ''))
    .map((word) => (/^[A-Za-z0-9_.,:@%/+=-]+$/.test(word) ? word : singleQuoted(word)))
    .join(' ');
}
