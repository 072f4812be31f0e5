import { execFile, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { PackageError, type Repository } from '@ic/package-core';
import { createFetcher, defaultContext } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readMetadata } from '../src/metadata/metadata.js';
import type { RpmPackagesIndex } from '../src/packages-index.js';
import { resolve } from '../src/resolve/resolve.js';

/**
 * Our solver against dnf (libsolv), over CentOS Stream 9: BaseOS of 2022 and AppStream of 2024, which do not fit
 * together everywhere. dnf is asked through its own Python interface, where one process answers all requests with
 * what `dnf --assumeno install` would choose for an empty root. Skipped where the metadata or dnf is not there.
 */
const DATA = process.env.IC_SHARED_DATA ?? fileURLToPath(new URL('../../../../shared/data', import.meta.url));
const METADATA = join(DATA, 'rpm-metadata');
const REPOSITORIES = ['baseos', 'appstream'];
/** Debian's own interpreter has Debian's dnf; another one of that name may come first in PATH. */
const PYTHON = '/usr/bin/python3';

const hasData = existsSync(METADATA);
const hasDnf = spawnSync(PYTHON, ['-c', 'import dnf']).status === 0;

const REQUESTS = [
  'kernel',
  'kernel systemd dnf',
  'systemd',
  'dnf',
  'bash',
  'openssh-server',
  'podman',
  'buildah skopeo toolbox',
  'cloud-init',
  'NetworkManager',
  'NetworkManager-w*',
  'nginx',
  'httpd',
  'postgresql-server',
  'mariadb-server',
  'nodejs',
  'python3',
  'perl',
  'gcc',
  'golang',
  'rust',
  'java-17-openjdk-headless',
  'jaxb-istack-commons-runtime',
  'postgresql-jdbc',
  'git',
  'vim-enhanced',
  'zsh tmux',
  'firewalld chrony rsyslog',
  'cockpit',
  'libvirt',
  'qemu-kvm',
  'open-vm-tools hyperv-daemons',
  'samba bind postfix',
  'dovecot',
  'sssd krb5-server',
  'ipa-client',
  'selinux-policy-targeted',
  'grub2-efi-x64 shim-x64 efibootmgr dracut',
  'lvm2 cryptsetup mdadm',
  'ansible-core',
  'ostree',
  'tuned',
  'gnome-shell',
  'firefox',
  'libreoffice-writer',
  'glibc-langpack-de langpacks-de',
  'coreutils-single',
  'coreutils coreutils-single',
  'curl curl-minimal',
  'glibc.i686',
  '/usr/bin/tar',
  'perl(File::Temp)',
  'no-such-package',
];

interface Difference {
  readonly without: readonly string[];
  readonly with: readonly string[];
  readonly reason: string;
}

const JAVA: Difference = {
  without: [
    'freetype',
    'glib2',
    'graphite2',
    'harfbuzz',
    'java-1.8.0-openjdk-headless',
    'libblkid',
    'libbrotli',
    'libmount',
    'libpng',
    'libstdc++',
  ],
  with: ['alsa-lib', 'java-17-openjdk-headless'],
  reason:
    'Requires: (java-headless or java-1.8.0-headless or …): we take the first at its best version, dnf an older version of another',
};

/** What we choose otherwise than dnf. */
const DIFFERENCES: Readonly<Record<string, Difference>> = {
  'jaxb-istack-commons-runtime': JAVA,
  'tomcat-lib': JAVA,
  'cockpit with recommends': {
    without: ['polkit', 'polkit-pkla-compat'],
    with: ['sudo'],
    reason: 'Recommends: (sudo or polkit): we take the first, dnf what its metadata lists first',
  },
};

/** Packages that, asked for alone, bring another set than with dnf, by reason. */
const OTHERWISE: Readonly<Record<string, readonly string[]>> = {
  'a rich dependency on one of several Java: see above': [
    ...['jakarta-activation2', 'jaxb-api4', 'jaxb-codemodel', 'jaxb-core', 'jaxb-dtd-parser'],
    ...['jaxb-istack-commons-runtime', 'jaxb-istack-commons-tools', 'jaxb-relaxng-datatype', 'jaxb-rngom'],
    ...['jaxb-runtime', 'jaxb-txw2', 'jaxb-xjc', 'jaxb-xsom', 'jna', 'jna-contrib', 'libreoffice-ure'],
    ...['pki-servlet-4.0-api', 'tomcat', 'tomcat-admin-webapps', 'tomcat-docs-webapp'],
    ...['tomcat-el-3.0-api', 'tomcat-jsp-2.3-api', 'tomcat-lib', 'tomcat-servlet-4.0-api', 'tomcat-webapps'],
  ],
  'we take the package of that name before one that provides it': [
    ...['gnome-bluetooth', 'gnome-control-center', 'libguestfs-appliance'],
  ],
  'we take no i686 package unasked': ['libnvme', 'libproxy', 'libreport-web', 'python3-libproxy'],
  'dnf takes an outdated version of another package, for only that obsoletes it': [
    ...['libomp-test', 'lld-test', 'pipewire-media-session'],
  ],
  'several packages obsolete it: we go by name': ['pki-resteasy', 'pki-servlet-engine'],
};

/** With IC_TEST_FULL every package is asked for. */
const STEP = process.env.IC_TEST_FULL === '1' ? 1 : 20;

type Answer = readonly string[] | 'unsolvable';

describe.skipIf(!hasData || !hasDnf)('a request over BaseOS and AppStream', () => {
  let folder = '';
  let index: RpmPackagesIndex;
  const theirs = { required: {} as Record<string, Answer>, recommended: {} as Record<string, Answer> };

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ic-resolve-'));
    const repositories = await Promise.all(REPOSITORIES.map((name) => copyRepository(folder, name)));
    const options = {
      fetcher: createFetcher({ retries: 0 }),
      cacheDir: join(folder, 'cache'),
      offline: false,
    };
    index = await readMetadata(repositories, options, defaultContext());
    theirs.required = await dnf(folder, REQUESTS, false);
    theirs.recommended = await dnf(folder, REQUESTS, true);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const ours = async (request: string, recommends: boolean): Promise<Answer> => {
    const packages = request.split(' ');
    try {
      const solved = await resolve(index, { packages, exclude: [], recommends }, 'x86_64');
      return solved.packages
        .map(({ name, version, architecture }) => `${name} ${version} ${architecture}`)
        .sort();
    } catch (error) {
      if (!(error instanceof PackageError) || error.fault !== 'request') throw error;
      return 'unsolvable';
    }
  };

  const compare = async (request: string, recommends: boolean): Promise<void> => {
    const answer = await ours(request, recommends);
    const other = (recommends ? theirs.recommended : theirs.required)[request];
    const difference = DIFFERENCES[request + (recommends ? ' with recommends' : '')] ?? DIFFERENCES[request];
    if (difference === undefined) {
      expect(answer).toEqual(other);
      return;
    }
    const names = (list: Answer | undefined, others: Answer | undefined) =>
      [...(list ?? [])].filter((one) => !others?.includes(one)).map((one) => one.split(' ')[0]);
    expect({ with: names(answer, other), without: names(other, answer) }).toEqual({
      with: difference.with,
      without: difference.without,
    });
  };

  it('has answers of both kinds', () => {
    const unsolvable = REQUESTS.filter((request) => theirs.required[request] === 'unsolvable');
    expect(unsolvable.length).toBeGreaterThan(9);
    expect(REQUESTS.length - unsolvable.length).toBeGreaterThan(29);
  });

  it.each(REQUESTS)('%s: what dnf chooses', (request) => compare(request, false));

  it.each(REQUESTS)('%s with Recommends: what dnf chooses', (request) => compare(request, true));

  it(`each package by its name, of ${STEP} one: what dnf chooses`, async () => {
    const names = [...index.names()].sort().filter((_, place) => place % STEP === 0);
    expect(names.length).toBeGreaterThan(250);
    const answers = await dnf(folder, names, false);
    const different: string[] = [];
    for (const name of names) {
      if (String(await ours(name, false)) !== String(answers[name])) different.push(name);
    }
    const expected = Object.values(OTHERWISE).flat();
    expect(different).toEqual(expected.filter((name) => names.includes(name)).sort());
  }, 3_600_000);
});

/**
 * The metadata with a repomd.xml that fits: the filelists of AppStream are a stub in this data, of which it knows only
 * the compressed checksum.
 */
async function copyRepository(folder: string, name: string): Promise<Repository> {
  const from = join(METADATA, name, 'repodata');
  const to = join(folder, name, 'repodata');
  await mkdir(to, { recursive: true });
  for (const file of await readdir(from)) {
    if (file !== 'repomd.xml') await symlink(join(from, file), join(to, file));
  }
  const repomd = await readFile(join(from, 'repomd.xml'), 'utf8');
  await writeFile(join(to, 'repomd.xml'), repomd.replace(/<open-(checksum|size)\b.*?<\/open-\1>/gs, ''));
  return {
    name,
    url: `file://${join(folder, name)}`,
    suites: [],
    components: [],
    keySources: [],
    fingerprints: [],
    trusted: true,
    signedIndex: true,
    priority: 500,
  };
}

const DNF = `
import dnf, dnf.exceptions, json, os, sys
folder, recommends, repositories, requests = json.load(sys.stdin)
base = dnf.Base()
conf = base.conf
for option in ('installroot', 'cachedir', 'persistdir', 'logdir'):
    path = os.path.join(folder, 'dnf', option)
    os.makedirs(path, exist_ok=True)
    setattr(conf, option, path)
conf.reposdir, conf.pluginpath, conf.metadata_expire = [], [], -1
conf.install_weak_deps = recommends
conf.substitutions.update(releasever='9', arch='x86_64', basearch='x86_64')
for name in repositories:
    base.repos.add_new_repo(name, conf, baseurl=['file://' + os.path.join(folder, name)])
base.fill_sack(load_system_repo=False)
answers = {}
for request in requests:
    base.reset(goal=True)
    try:
        for spec in request.split(' '):
            base.install(spec)
        base.resolve()
        version = lambda p: ('%s:' % p.epoch if p.epoch else '') + p.version + '-' + p.release
        answers[request] = sorted('%s %s %s' % (p.name, version(p), p.arch) for p in base.transaction.install_set)
    except dnf.exceptions.Error:
        answers[request] = 'unsolvable'
print(json.dumps(answers))
`;

/** What dnf would install into an empty root, for each request. */
async function dnf(
  folder: string,
  requests: readonly string[],
  recommends: boolean,
): Promise<Record<string, Answer>> {
  const running = promisify(execFile)(PYTHON, ['-c', DNF], { maxBuffer: 1 << 28 });
  running.child.stdin?.end(JSON.stringify([folder, recommends, REPOSITORIES, requests]));
  return JSON.parse((await running).stdout);
}
