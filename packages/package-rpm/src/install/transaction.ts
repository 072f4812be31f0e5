import { PackageError } from '@ic/package-core';
import { type Context, UtilsError } from '@ic/utils';
import { COVERED_PATHS } from './covered-folders.js';
import type { DeferredPrograms } from './deferred-programs.js';
import { ROOT, type RpmInTools, runRpm } from './rpm-in-tools.js';
import { createTranscript, type FailedScriptlet, type Transcript } from './transcript.js';

export interface Transaction {
  /** As rpm names them, in the order of installation. */
  readonly packages: readonly string[];
  /** Host folder … */
  readonly folder: string;
  /** … and the names of the package files in it, in the same order. */
  readonly files: readonly string[];
  readonly deferred: DeferredPrograms;
  /** Settings of rpm beside ours. */
  readonly macros: Readonly<Record<string, string>>;
  /** Seconds since 1970; packages count up from it. */
  readonly epoch: number;
  readonly context: Context;
}

const PACKAGES = '/run/packages';
/** As scriptlets see it, whose root is `ROOT`. */
const DEFERRED = '/run/deferred';
const SCRIPT_PATH = '/usr/sbin:/usr/bin:/sbin:/bin';

/**
 * Runs one rpm transaction and tells of it in events.
 * @throws PackageError INSTALL_FAILED with what rpm and the failing scriptlet said; UtilsError CANCELLED
 */
export async function runTransaction(rpm: RpmInTools, transaction: Transaction): Promise<void> {
  const { packages, files, deferred, epoch, context } = transaction;
  const transcript = createTranscript(packages);
  let done = 0;
  const onLine = (line: string, stream: 'stdout' | 'stderr') => {
    context.events({ type: 'output', source: 'rpm', line });
    const item = transcript.read(line, stream);
    if (item === undefined) return;
    done += 1;
    const total = packages.length;
    context.events({ type: 'progress', stage: 'install', done, total, unit: 'packages', item });
  };
  const macros = {
    ...transaction.macros,
    _netsharedpath: COVERED_PATHS.join(':'),
    _install_script_path: `${DEFERRED}:${SCRIPT_PATH}`,
    // Signatures are ours to check; digests are cheap to check twice.
    _pkgverify_level: 'digest',
  };
  const args = [
    ...['--install', '--verbose', '--noorder', '--nosignature', '--ignoresize', '--noglob'],
    ...Object.entries(macros).flatMap(([name, value]) => ['--define', `${name} ${value}`]),
    ...files.map((name) => `${PACKAGES}/${name}`),
  ];
  try {
    await runRpm(rpm, args, {
      // rpm takes the time of installation from SOURCE_DATE_EPOCH (lib/rpmts.c, since 4.18).
      env: { SOURCE_DATE_EPOCH: String(epoch), SYSTEMD_OFFLINE: '1', ...deferred.environment(DEFERRED) },
      binds: [
        { host: transaction.folder, inside: PACKAGES, readOnly: true },
        { host: deferred.folder, inside: `${ROOT}${DEFERRED}`, readOnly: true },
      ],
      onLine,
    });
  } catch (error) {
    throw failed(error, transcript);
  }
  for (const failure of transcript.failures) {
    context.events({ type: 'warning', code: 'SCRIPTLET_FAILED', message: describe(failure) });
  }
  for (const message of transcript.complaints) {
    context.events({ type: 'warning', code: 'RPM_WARNING', message });
  }
}

function failed(error: unknown, { failures, complaints }: Transcript): unknown {
  if (!(error instanceof UtilsError) || error.code !== 'EXEC_FAILED') return error;
  const failure = failures.find(({ scriptlet }) => scriptlet.startsWith('pre'));
  const reasons = failure === undefined ? complaints.join('\n') : describe(failure);
  return new PackageError('INSTALL_FAILED', `installing the packages failed: ${reasons || error.message}`, {
    cause: error,
    details: { ...error.details, ...failure },
    hint: 'run the build with -v to see all that rpm and the scriptlets printed',
  });
}

function describe({ scriptlet, package: name, end, lastWords }: FailedScriptlet): string {
  return `the %${scriptlet} scriptlet of ${name} ended with ${end}${lastWords === '' ? '' : `:\n${lastWords}`}`;
}
