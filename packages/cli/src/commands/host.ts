import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { HostPurpose } from '@ic/toolchain';
import { describeHost } from '../report/describe-host.js';
import type { Session } from '../session.js';
import { defaultCacheDir } from '../template-request.js';

/** What users of `ic` do; tests and benchmarks of this repository have their own set-up. */
const PURPOSES: readonly HostPurpose[] = ['build', 'boot'];
const PROXIES = ['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'];

/** `ic host`: what this machine can do; with --install, installs what it lacks first. */
export async function host(flags: { readonly install: boolean }, session: Session): Promise<number> {
  const { reporter, context } = session;
  const room = await session.library.toolchain();
  const inspect = () =>
    room.inspectHost({
      purposes: PURPOSES,
      places: [existingFolder(defaultCacheDir(session.io.env))],
      signal: context.signal,
    });
  let report = await inspect();
  if (flags.install && report.missing.length > 0) {
    await room.installHostPackages(report.missing, {
      announce: (packages) => reporter.note(`installing with apt-get: ${packages.join(' ')}`),
      environment: proxies(session.io.env),
      uid: report.user.uid,
      onLine: (line) => context.events({ type: 'output', source: 'apt-get', line }),
      signal: context.signal,
    });
    report = await inspect();
  }
  reporter.value(describeHost(report), report);
  return 0;
}

function proxies(env: Session['io']['env']): Record<string, string> {
  return Object.fromEntries(PROXIES.flatMap((name) => (env[name] === undefined ? [] : [[name, env[name]]])));
}

/** The folder itself or the nearest one above it that is there. */
function existingFolder(path: string): string {
  return existsSync(path) ? path : existingFolder(dirname(path));
}
