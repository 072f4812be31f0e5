import { rm } from 'node:fs/promises';

/** Runs inside the build's namespaces: removes a folder whose files belong to the sub-uids of the caller. */
export async function run(input: unknown): Promise<void> {
  await rm((input as { readonly path: string }).path, { recursive: true, force: true });
}
