import { createReadAhead, type FetchedPackage, readFetched } from '@ic/package-core';
import { type Context, createLimit, throwIfCancelled } from '@ic/utils';
import { readPayload } from '../rpmfile/payload.js';
import { readRpm } from '../rpmfile/rpm-file.js';
import type { AccountNumbers } from './accounts.js';
import { type Leftovers, RpmUnpacker } from './unpack.js';
import { unpackOrder } from './unpack-order.js';

export interface UnpackRpmsOptions {
  /** Absolute path of an empty folder. */
  readonly root: string;
  readonly jobs: number;
  readonly context: Context;
  /** Numbers of users and groups that the packages' own /etc/passwd and /etc/group do not name; default none. */
  readonly accounts?: AccountNumbers | undefined;
}

/**
 * Unpacks a solved set into an empty root and runs nothing: enough for a chroot environment whose programs are called
 * by path. File capabilities are left to the caller.
 *
 * @throws PackageError FILE_CONFLICT, PACKAGE_INVALID, HASH_MISMATCH; UtilsError CANCELLED
 */
export async function unpackRpms(
  packages: readonly FetchedPackage[],
  options: UnpackRpmsOptions,
): Promise<Leftovers> {
  const { root, jobs, context } = options;
  const { signal } = context;
  const limit = createLimit(jobs);
  const rpms = await Promise.all(
    packages.map((pkg) =>
      limit(async () => readRpm(await readFetched(pkg), { subject: `${pkg.name} ${pkg.version}` })),
    ),
  );
  const order = unpackOrder(rpms);
  const payloads = createReadAhead(order, {
    jobs,
    size: (rpm) => rpm.payload.size ?? 0,
    read: (rpm) => readPayload(rpm, { signal, subject: rpm.name }),
  });
  const unpacker = new RpmUnpacker(root, options.accounts ?? { users: new Map(), groups: new Map() });
  for (const rpm of order) {
    throwIfCancelled(signal);
    unpacker.unpack(rpm, await payloads.take(rpm));
  }
  return unpacker.finish();
}
