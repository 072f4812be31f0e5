import { ImageError } from '../errors.js';

/** COMMAND_LINE_SIZE of x86 and arm64, with the closing zero. */
const LIMIT = 2048;

/**
 * The words of a kernel command line, split as the kernel does (lib/cmdline.c, `next_arg`): at white space outside
 * double quotes. Quotes stay in the words.
 *
 * @throws ImageError BOOT_UNSUPPORTED for an open quote, a control character or a line that the kernel would cut
 */
export function kernelWords(text: string): string[] {
  const words = text.match(/(?:"[^"]*"|[^\s"])+/gu) ?? [];
  if ((text.split('"').length - 1) % 2 !== 0) {
    throw refuse(
      `the kernel command line has a quote that is never closed: ${text}`,
      'close the double quote',
    );
  }
  if (words.some((word) => /\p{Cc}/u.test(word))) {
    throw refuse(
      `the kernel command line has a line break or a control character inside a word: ${JSON.stringify(text)}`,
      'write it on one line',
    );
  }
  const bytes = Buffer.byteLength(words.join(' '));
  if (bytes >= LIMIT) {
    throw refuse(
      `the kernel command line is ${bytes} bytes long, the kernel reads ${LIMIT - 1}`,
      'move settings to files of the image (sysctl, modprobe.d)',
    );
  }
  return words;
}

function refuse(message: string, hint: string): ImageError {
  return new ImageError('BOOT_UNSUPPORTED', message, {
    fault: 'request',
    hint: `${hint} ("systemConfig.kernel.cmdline")`,
  });
}
