import { parseTime } from '@ic/utils';
import { Command, InvalidArgumentError, Option } from 'commander';
import type { Output } from './io.js';
import type { ReporterOptions } from './report/reporter.js';
import type { Session } from './session.js';

/** Runs a command's handler in a session that fits its flags. */
export type Run = (flags: ReporterOptions, command: (session: Session) => Promise<number>) => Promise<void>;

export interface ProgramParts {
  readonly version: string;
  /** Where help and the version go. */
  readonly output: Output;
  readonly run: Run;
}

/** The commands, their arguments and flags. Handlers are loaded when they are run. */
export function createProgram({ version, output, run }: ProgramParts): Command {
  const program = new Command('ic')
    .description('Makes bootable operating-system images from YAML templates.')
    .version(version)
    .exitOverride()
    .configureOutput({
      writeOut: (text) => output.write(text),
      writeErr: () => {}, // main() tells of errors
      getOutHelpWidth: () => output.columns ?? 80,
    })
    .configureHelp({ sortSubcommands: false, showGlobalOptions: false })
    .showSuggestionAfterError(true);

  repositories(program.command('build'), 'make the images that a template describes')
    .option('--output-dir <folder>', 'where finished images go', './out')
    .option('--work-dir <folder>', 'where the build works (default: a folder in the cache)')
    .addOption(
      new Option('--assembly <way>', 'how the disk is put together; both give the same disk')
        .choices(['direct', 'loop'])
        .default('direct'),
    )
    .option('--jobs <number>', 'parallel work (default: number of processors)', positiveInteger)
    .option('--locked', 'install what the lockfile of the template has', false)
    .action(async (path: string, flags) =>
      run(flags, async (session) => (await import('./commands/build.js')).build(path, flags, session)),
    );

  template(program.command('validate'), 'check a template, with no network and no root').action(
    async (path: string, flags) =>
      run(flags, async (session) => (await import('./commands/validate.js')).validate(path, flags, session)),
  );

  template(
    program.command('plan'),
    'print the disk that a template asks for, with all numbers and ids',
  ).action(async (path: string, flags) =>
    run(flags, async (session) => (await import('./commands/plan.js')).plan(path, flags, session)),
  );

  repositories(program.command('resolve'), 'print the template with everything merged into it')
    .option(
      '--packages',
      'print the packages it leads to instead: name version architecture repository',
      false,
    )
    .action(async (path: string, flags) =>
      run(flags, async (session) => (await import('./commands/resolve.js')).resolve(path, flags, session)),
    );

  repositories(program.command('fetch'), 'download all that a build needs, and verify it')
    .option('--jobs <number>', 'packages verified at once (default: number of processors)', positiveInteger)
    .option('--locked', 'fetch what the lockfile of the template has', false)
    .action(async (path: string, flags) =>
      run(flags, async (session) => (await import('./commands/fetch.js')).fetch(path, flags, session)),
    );

  repositories(
    program.command('lock'),
    'write the exact packages of a template beside it, as TEMPLATE.lock.json',
  )
    .argument(
      '[packages...]',
      'with --update: names or globs of those to update; the others stay where they can',
    )
    .option('--update', 'keep no locked version, or only those of packages that are not named', false)
    .action(async (path: string, packages: string[], flags) =>
      run(flags, async (session) =>
        (await import('./commands/lock.js')).lock({ template: path, packages }, flags, session),
      ),
    );

  repositories(
    program.command('why').argument('<package>', 'name of a package of the image'),
    'print the shortest chain from what is asked for to a package',
  ).action(async (name: string, path: string, flags) =>
    run(flags, async (session) => (await import('./commands/why.js')).why(name, path, flags, session)),
  );

  repositories(program.command('deps'), 'print who brings whom among the packages of an image')
    .addOption(
      new Option('--format <kind>', 'what it is printed as')
        .choices(['tree', 'dot', 'json', 'svg'])
        .default('tree'),
    )
    .action(async (path: string, flags) =>
      run(flags, async (session) => (await import('./commands/deps.js')).deps(path, flags, session)),
    );

  addCacheCommands(program.command('cache').description('look after what builds keep'), run);

  reporting(program.command('host').description('say what this machine can do and what it lacks'))
    .option('--install', 'install what it lacks with its own package manager', false)
    .action(async (flags) =>
      run(flags, async (session) => (await import('./commands/host.js')).host(flags, session)),
    );

  reporting(
    program.command('boot').description('start an image in QEMU, its serial console on this terminal'),
  )
    .argument('<image>', 'a disk image: .raw, .img, .qcow2, .vhd, .vhdx, .vmdk, .vdi; or .ipxe')
    .addOption(new Option('--firmware <kind>', 'firmware').choices(['uefi', 'bios']).default('uefi'))
    .option('--memory <size>', 'memory of the machine', '2GiB')
    .addOption(
      new Option('--accel <kind>', 'auto takes KVM where a trial shows that it works')
        .choices(['auto', 'kvm', 'tcg'])
        .default('auto'),
    )
    .option('--persist', 'write changes to the image; without it they are lost', false)
    .action(async (image: string, flags) =>
      run(flags, async (session) => (await import('./commands/boot.js')).boot(image, flags, session)),
    );

  return program;
}

function repositories(command: Command, description: string): Command {
  return template(command, description)
    .option('--cache-dir <folder>', 'where downloads are kept (default: $XDG_CACHE_HOME/image-composer)')
    .option('--offline', 'use the cache alone', false)
    .option('--at <time>', 'judge what is valid by this time, such as 2026-03-01, to rebuild the past', time)
    .option('--allow-rollback', 'take indexes that are older than those seen before', false)
    .option('--connections <number>', 'requests to one server at once (default: 16)', positiveInteger)
    .option('--ca <file>', 'trust these certificate authorities as well (repeatable)', collect, [])
    .option(
      '--client-cert <file>',
      'show this certificate to servers that ask; [host[:port]=]file (repeatable)',
      collect,
      [],
    )
    .option(
      '--client-key <file>',
      'its private key, when it is in another file; [host[:port]=]file',
      collect,
      [],
    )
    .option(
      '--auth-file <file>',
      'users and passwords as in auth.conf or .netrc, in place of those of apt and ~/.netrc (repeatable)',
      collect,
      [],
    );
}

function addCacheCommands(cache: Command, run: Run): void {
  const command = (name: string, description: string) =>
    reporting(cache.command(name).description(description)).option(
      '--cache-dir <folder>',
      'which cache (default: $XDG_CACHE_HOME/image-composer)',
    );
  const load = () => import('./commands/cache.js');
  const dryRun = ['--dry-run', 'remove nothing, say what would be removed', false] as const;

  command('list', 'say what is in it: kinds, files, sizes, last use')
    .addOption(
      new Option('--format <kind>', 'what it is printed as').choices(['text', 'json']).default('text'),
    )
    .action(async (flags) => run(flags, async (session) => (await load()).list(flags, session)));

  command('verify', 'hash every file again and remove those that are wrong')
    .option('--jobs <number>', 'files at once (default: 4)', positiveInteger)
    .option(...dryRun)
    .action(async (flags) => run(flags, async (session) => (await load()).verify(flags, session)));

  command('prune', 'remove what killed builds left, and by limits what was not used for longest')
    .option('--max-size <size>', 'what may stay, such as 5GiB')
    .option('--older-than <duration>', 'remove what was not used for longer, such as 30d')
    .option(...dryRun)
    .action(async (flags) => run(flags, async (session) => (await load()).prune(flags, session)));

  command('clear', 'remove all but what running builds use')
    .option(...dryRun)
    .action(async (flags) => run(flags, async (session) => (await load()).clear(flags, session)));
}

function template(command: Command, description: string): Command {
  return reporting(
    command
      .description(description)
      .argument('<template>', 'path of a YAML template')
      .option(
        '--set <key=value>',
        'set a key of the template, such as image.name=edge (repeatable)',
        collect,
        [],
      )
      .option('--mirror <name=url>', 'take a repository from another place (repeatable)', collect, [])
      .option(
        '--trust-key <fingerprint>',
        'trust a key the target does not pin; [name=]fingerprint (repeatable)',
        collect,
        [],
      )
      .option('--target-dir <folder>', 'look for targets here first (repeatable)', collect, []),
  );
}

function reporting(command: Command): Command {
  return command
    .option('--json', 'one JSON object per line on standard output: events, result, error', false)
    .option('-v, --verbose', 'show what programs say, and causes of errors', false)
    .option('-q, --quiet', 'say nothing but errors and the paths of artifacts', false);
}

function collect(value: string, before: readonly string[]): string[] {
  return [...before, value];
}

function time(text: string): Date {
  const found = parseTime(text);
  if (found !== undefined) return found;
  throw new InvalidArgumentError(
    'It takes a date, or a time with its zone: 2026-03-01, 2026-03-01T12:00:00Z.',
  );
}

function positiveInteger(text: string): number {
  if (!/^[1-9]\d{0,4}$/.test(text)) throw new InvalidArgumentError('It takes a whole number from 1 on.');
  return Number(text);
}
