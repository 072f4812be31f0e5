/** A 16550 serial port of a PC, as GRUB counts them. */
export interface SerialConsole {
  readonly unit: number;
  /** Bits per second. */
  readonly speed: number;
}

/** The first serial console of a kernel command line: `console=ttyS0,115200n8`. Pure. */
export function serialConsole(commandLine: string): SerialConsole | undefined {
  const found = /(?:^|\s)console=ttyS(\d)(?:,(\d+))?/.exec(commandLine);
  // 9600 is what the kernel takes without a speed (Documentation/admin-guide/serial-console.rst).
  return found === null ? undefined : { unit: Number(found[1]), speed: Number(found[2] ?? 9600) };
}
