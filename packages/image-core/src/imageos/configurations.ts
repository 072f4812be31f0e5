import type { ImageSystem } from './image-system.js';
import { runInRoot } from './run-in-root.js';

/**
 * Runs the template author's own shell commands in the image, one after the other.
 *
 * @throws ImageError IMAGE_FAILED with the command and the last lines that it wrote
 */
export async function runConfigurations(system: ImageSystem): Promise<void> {
  for (const { cmd } of system.config.system.configurations) {
    const command = { program: '/bin/sh', args: ['-c', cmd], source: 'configurations' };
    await runInRoot(system, command, `the command "${cmd}" of systemConfig.configurations`);
  }
}
