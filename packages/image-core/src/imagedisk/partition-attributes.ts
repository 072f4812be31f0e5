/** What a name in a partition's `flags` means on a GPT: an attribute bit, or only that the type is the right one. */
type GptFlag = { readonly bit: bigint } | { readonly type: string };

/**
 * Attribute bits of a GPT entry: 0 to 2 are from UEFI 2.10 table 5.8, 59, 60 and 63 from the Discoverable Partitions
 * Specification, 62 from Microsoft's basic data partitions. `boot`, `esp` and `bios_grub` are what parted calls a type.
 */
const GPT_FLAGS: Readonly<Record<string, GptFlag>> = {
  required: { bit: 0n },
  no_block_io: { bit: 1n },
  legacy_boot: { bit: 2n },
  growfs: { bit: 59n },
  read_only: { bit: 60n },
  hidden: { bit: 62n },
  no_auto: { bit: 63n },
  boot: { type: 'esp' },
  esp: { type: 'esp' },
  bios_grub: { type: 'bios' },
};

/** On an MBR a partition is active or not; `esp` is said by its type. */
const MBR_FLAGS: Readonly<Record<string, 'active' | 'type'>> = {
  boot: 'active',
  legacy_boot: 'active',
  esp: 'type',
};

/** The flags that a partition table knows, in the order in which they are shown to people. */
export function knownFlags(table: 'gpt' | 'mbr'): readonly string[] {
  return Object.keys(table === 'gpt' ? GPT_FLAGS : MBR_FLAGS);
}

/** The partition type that a flag stands for on a GPT; undefined when it is an attribute bit. */
export function typeOfFlag(flag: string): string | undefined {
  const known = GPT_FLAGS[flag];
  return known !== undefined && 'type' in known ? known.type : undefined;
}

/** The 64 attribute bits of a GPT entry. */
export function gptAttributes(flags: readonly string[]): bigint {
  return flags.reduce((bits, flag) => {
    const known = GPT_FLAGS[flag];
    return known !== undefined && 'bit' in known ? bits | (1n << known.bit) : bits;
  }, 0n);
}

/** Whether an MBR entry is marked active, the one that a BIOS boot sector starts. */
export function isActive(flags: readonly string[]): boolean {
  return flags.some((flag) => MBR_FLAGS[flag] === 'active');
}
