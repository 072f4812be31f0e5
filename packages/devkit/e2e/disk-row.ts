/** What a row of the matrix wants of a machine that it became. */
interface Boot {
  readonly firmware: 'uefi' | 'bios';
  /** Commands with what they say. */
  readonly says?: Readonly<Record<string, string | RegExp>>;
  /** Bytes that the disk is made larger before it starts. */
  readonly enlarged?: number;
}

interface Row {
  readonly name: string;
  readonly loop?: boolean;
  /** Runs without IC_TEST_FULL, too. */
  readonly quick?: boolean;
  readonly boot?: Boot;
}

/** A file of this checkout that is built as it is. */
interface ExampleRow extends Row {
  readonly example: string;
}

/** A template of the matrix: what differs from one to the next. */
export interface GeneratedRow extends Row {
  readonly loader: 'systemd-boot' | 'uki' | 'grub-efi' | 'grub-bios' | 'grub-hybrid';
  /** The key `disk`, as a template has it. */
  readonly disk: object;
  /** Its package; default that for clouds, which is small and starts soon. */
  readonly kernel?: string;
}

export type DiskRow = GeneratedRow | ExampleRow;
