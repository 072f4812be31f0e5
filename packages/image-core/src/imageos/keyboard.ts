import type { KeyboardConfig } from '@ic/toolchain';
import { usesSystemdLinks } from './debian-links.js';
import type { ImageSystem } from './image-system.js';
import { readText, writeLink, writeText } from './root-files.js';
import { setVariables } from './shell-variables.js';

const MODEL_MAP = '/usr/share/systemd/kbd-model-map';

/** Writes the keyboard for the console and X: /etc/vconsole.conf (vconsole.conf(5)), on Debian /etc/default/keyboard (keyboard(5)). */
export async function configureKeyboard({ rootfs, config }: ImageSystem): Promise<void> {
  const { keyboard } = config.system;
  const xkb = {
    XKBMODEL: keyboard.model ?? 'pc105',
    XKBLAYOUT: keyboard.layout,
    XKBVARIANT: keyboard.variant ?? '',
    XKBOPTIONS: keyboard.options ?? '',
  };
  if (config.target.family === 'deb') {
    await update(rootfs, '/etc/default/keyboard', { ...xkb, BACKSPACE: 'guess' });
    if (await usesSystemdLinks(rootfs)) return writeLink(rootfs, '/etc/vconsole.conf', 'default/keyboard');
  }
  const keymap = consoleKeymap((await readText(rootfs, MODEL_MAP)) ?? '', keyboard);
  await update(rootfs, '/etc/vconsole.conf', { KEYMAP: keymap, ...xkb });
}

async function update(
  rootfs: string,
  path: string,
  variables: Readonly<Record<string, string>>,
): Promise<void> {
  await writeText(rootfs, path, setVariables((await readText(rootfs, path)) ?? '', variables));
}

/**
 * The console's name of an X layout, by systemd's table (columns: keymap, layout, model, variant, options; `-` is none).
 * A layout that the table lacks is mostly called the same on the console. Pure.
 */
export function consoleKeymap(modelMap: string, keyboard: KeyboardConfig): string {
  const rows = modelMap
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(/\s+/));
  const ofLayout = rows.filter((row) => row[1] === keyboard.layout);
  const withVariant = (variant: string) => ofLayout.find((row) => row[3] === variant);
  return (withVariant(keyboard.variant ?? '-') ?? withVariant('-') ?? ofLayout[0])?.[0] ?? keyboard.layout;
}
