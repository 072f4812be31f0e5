import { readFile } from 'node:fs/promises';
import {
  type LockedRequest,
  type Lockfile,
  lockedRequest,
  PackageError,
  readLockfile,
  requireCurrent,
} from '@ic/package-core';
import type { ImageConfig } from '@ic/toolchain';
import { chrootRequest, imageRequest } from './requests.js';

/** Where the lockfile of a template is: beside it. */
export function lockfilePath(template: string): string {
  return `${template}.lock.json`;
}

/** @throws PackageError LOCK_INVALID */
export async function findLockfile(path: string): Promise<Lockfile | undefined> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw error;
  });
  return text === undefined ? undefined : readLockfile(text, path);
}

/** The lockfile of a template that asks for what is locked. @throws PackageError LOCK_MISSING, LOCK_INVALID, LOCK_STALE */
export async function currentLockfile(template: string, config: ImageConfig): Promise<Lockfile> {
  const path = lockfilePath(template);
  const lockfile = (await findLockfile(path)) ?? lockMissing(path);
  requireCurrent(lockfile, requestOf(config), path);
  return lockfile;
}

export function lockMissing(path: string): never {
  throw new PackageError('LOCK_MISSING', `there is no lockfile ${path}`, {
    fault: 'request',
    hint: '"ic lock TEMPLATE" writes it',
    details: { lockfile: path },
  });
}

/** What an image config asks of its repositories, as a lockfile has it. */
export function requestOf(config: Pick<ImageConfig, 'target' | 'system' | 'repositories'>): LockedRequest {
  const { os, dist, packageArchitecture: architecture, family } = config.target;
  return lockedRequest({
    target: { os, dist, architecture, family },
    image: imageRequest(config),
    chroot: chrootRequest(config),
    repositories: config.repositories,
  });
}
