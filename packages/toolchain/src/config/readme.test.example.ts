import { loadConfig, ToolchainError } from '@ic/toolchain';

/** Packages that a template asks for, or why it cannot be built. */
export async function packagesOf(template: string): Promise<readonly string[] | string> {
  try {
    const { config } = await loadConfig({ template, set: ['systemConfig.hostname=test'] });
    return config.system.packages;
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    return `${error.code}: ${error.message}`; // file:line:column, a line for each fault
  }
}
