import { IcError } from '@ic/utils';

/** Codes of `@ic/image-core`. */
export type ImageErrorCode =
  | 'PARTITION_OVERLAP'
  | 'PARTITION_OUTSIDE' // ends behind the disk, or starts before the table
  | 'PARTITION_INVALID' // two partitions with one mount point, unknown type, no room for its file system …
  | 'DISK_TOO_SMALL' // the content does not fit; the message says how much is needed
  | 'BOOT_UNSUPPORTED' // this layout cannot boot as asked (no ESP, no BIOS boot partition …)
  | 'BOOT_FILE_MISSING' // kernel, initramfs or boot loader is not in the root file system; the hint names the package
  | 'USER_INVALID'
  | 'FILE_MISSING' // an additional file that is not there
  | 'SERVICE_UNKNOWN'
  | 'PACKAGE_LACKING' // the template asks to configure what no package of the image has
  | 'MODULE_UNKNOWN' // a kernel of the image lacks a module that is to be loaded, or a file system
  | 'HOOK_INVALID' // a hook's script has no interpreter
  | 'HOOK_FAILED'
  | 'HOOK_OFFLINE' // a hook wants the network, of which the build must make no use
  | 'LOCALE_UNKNOWN'
  | 'TIMEZONE_UNKNOWN'
  | 'IMAGE_FAILED'; // a tool that makes the image failed

export class ImageError extends IcError<ImageErrorCode> {}
