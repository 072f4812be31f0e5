import { constants } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { exec, messageOf, throwIfCancelled } from '@ic/utils';
import { findProgram, usable } from './find-program.js';
import { freeSubIdRange, SUB_IDS_NEEDED, subIdRanges } from './sub-ids.js';

export interface HostUser {
  readonly uid: number;
  readonly name: string;
}

/** Whether a build can have its private namespaces, and if not, why and what to do. */
export interface NamespaceReport {
  readonly usable: boolean;
  readonly problem?: string | undefined;
  /** One sentence with the exact command. */
  readonly remedy?: string | undefined;
}

/** What is known of a host on which the namespaces of a build were tried. */
export interface NamespaceFacts {
  readonly user: HostUser;
  /** What `unshare` said when it failed; undefined when it worked. */
  readonly failure: string | undefined;
  readonly subuid: string;
  readonly subgid: string;
  /** newuidmap(1) and newgidmap(1) are installed. */
  readonly idMapPrograms: boolean;
  /** Values below /proc/sys; undefined where the kernel has no such switch. */
  readonly sysctl: {
    /** Debian's switch, 0 is off. */
    readonly unprivilegedUsernsClone?: string | undefined;
    readonly maxUserNamespaces?: string | undefined;
    /** Ubuntu's switch, 1 forbids. */
    readonly apparmorRestrict?: string | undefined;
  };
}

/** The namespaces of a build (docs/architecture.md, "No mount is left behind"); the user namespace only without root. */
const PRIVATE = ['--mount', '--pid', '--fork', '--ipc', '--uts', '--net'];
const MAPPED = ['--user', '--map-auto', '--map-root-user'];

/** Tries the namespaces of a build on this machine, as this user, and explains what is in the way. */
export async function tryBuildNamespaces(user: HostUser, signal?: AbortSignal): Promise<NamespaceReport> {
  return explainNamespaces({
    user,
    failure: await attempt(user, signal),
    subuid: await textOf('/etc/subuid'),
    subgid: await textOf('/etc/subgid'),
    idMapPrograms:
      (await findProgram('newuidmap')) !== undefined && (await findProgram('newgidmap')) !== undefined,
    sysctl: {
      unprivilegedUsernsClone: await sysctl('kernel/unprivileged_userns_clone'),
      maxUserNamespaces: await sysctl('user/max_user_namespaces'),
      apparmorRestrict: await sysctl('kernel/apparmor_restrict_unprivileged_userns'),
    },
  });
}

async function attempt(user: HostUser, signal: AbortSignal | undefined): Promise<string | undefined> {
  try {
    const inside = ['mount', '-t', 'tmpfs', 'tmpfs', '/tmp'];
    await exec('unshare', [...(user.uid === 0 ? [] : MAPPED), ...PRIVATE, ...inside], {
      signal,
      timeout: 10_000,
    });
    return undefined;
  } catch (error) {
    throwIfCancelled(signal);
    return messageOf(error).split('\n').join(' ');
  }
}

/** Turns what is known into a reason and a remedy. Pure. */
export function explainNamespaces(facts: NamespaceFacts): NamespaceReport {
  if (facts.failure === undefined) return { usable: true };
  return facts.user.uid === 0 ? explainRoot(facts.failure) : explainUser(facts, facts.failure);
}

function explainRoot(failure: string): NamespaceReport {
  return {
    usable: false,
    problem: `root may not make private namespaces here (${failure}); this is usual in a container`,
    remedy:
      'give the container CAP_SYS_ADMIN and an unconfined seccomp and AppArmor profile, or use a virtual machine',
  };
}

function explainUser(facts: NamespaceFacts, failure: string): NamespaceReport {
  const { user, sysctl: switches } = facts;
  const no = (problem: string, remedy: string) => ({ usable: false, problem, remedy });
  if (switches.maxUserNamespaces === '0') {
    return no(
      'this kernel allows no user namespaces (user.max_user_namespaces is 0)',
      'run "sudo sysctl user.max_user_namespaces=15000", or build as root',
    );
  }
  if (switches.unprivilegedUsernsClone === '0') {
    return no(
      'user namespaces are reserved for root (kernel.unprivileged_userns_clone is 0)',
      'run "sudo sysctl kernel.unprivileged_userns_clone=1", or build as root',
    );
  }
  if (!facts.idMapPrograms) {
    return no(
      'newuidmap and newgidmap are not installed, so a user cannot map a range of ids',
      'run "ic host --install", or build as root',
    );
  }
  const lacking = (['uid', 'gid'] as const).filter((kind) => !hasRange(facts[`sub${kind}`], user));
  if (lacking.length > 0) {
    return no(
      `${user.name} has no range of ${SUB_IDS_NEEDED} ids in ${lacking.map((kind) => `/etc/sub${kind}`).join(' and ')}`,
      `run "${addRanges(facts, lacking)}", or build as root`,
    );
  }
  if (switches.apparmorRestrict === '1') {
    return no(
      'AppArmor keeps user namespaces without capabilities (kernel.apparmor_restrict_unprivileged_userns is 1, as Ubuntu ships it)',
      'run "sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0", or build as root',
    );
  }
  return no(`a user namespace could not be made (${failure})`, 'build as root, or use a virtual machine');
}

function hasRange(text: string, user: HostUser): boolean {
  return subIdRanges(text, user).some((range) => range.count >= SUB_IDS_NEEDED);
}

function addRanges(facts: NamespaceFacts, lacking: readonly ('uid' | 'gid')[]): string {
  const { start, count } = freeSubIdRange(facts.subuid, facts.subgid);
  const flags = lacking.map((kind) => `--add-sub${kind}s ${start}-${start + count - 1}`).join(' ');
  return `sudo usermod ${flags} ${facts.user.name}`;
}

async function sysctl(name: string): Promise<string | undefined> {
  const path = `/proc/sys/${name}`;
  return (await usable(path, constants.R_OK)) ? (await textOf(path)).trim() : undefined;
}

async function textOf(path: string): Promise<string> {
  return readFile(path, 'utf8').catch(() => '');
}
