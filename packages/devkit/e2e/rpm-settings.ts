import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { expect, it } from 'vitest';
import type { BuiltImage } from '../src/build-image.js';
import type { Composer } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { debugfs } from '../src/read-disk.js';
import { writeRpmRepository } from '../src/rpm-repository.js';
import { signingKey } from '../src/signing-key.js';
import type { Machine } from '../src/virtual-machine.js';
import { partition, say } from './image-checks.js';

const REPOSITORY = `[ours]
name=ours
baseurl=URL
enabled=1
gpgcheck=1
repo_gpgcheck=1
gpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-ours
`;

const noDnf = await lackingPackages(['dnf']);

/** A repository that a template leaves in its image. */
export interface OwnRepository {
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Makes a repository of its own on the loopback mirror, and `rich.yml` in `folder`: the template `base` that lies there, with that
 * repository and hooks of the build.
 */
export async function writeRichRpmTemplate(
  folder: string,
  base: string,
  { mirror }: Composer,
): Promise<OwnRepository> {
  const archive = `rpm-ours-${process.pid}`;
  const key = await signingKey(join(folder, 'gnupg'), 'Ours');
  await writeRpmRepository(mirror.folder(archive), key);
  await key.exportPublic(join(folder, 'ours.asc'), 'armor');
  const url = mirror.url(archive);
  const template = {
    extends: base,
    packageRepositories: [
      { codename: 'ours', url, pkey: 'ours.asc', fingerprints: [key.fingerprint], keepInImage: true },
    ],
    systemConfig: {
      packages: ['gateway-tools'],
      hooks: {
        preInstall: [{ cmd: 'mkdir -p "$BUILDROOT/etc" && mke2fs -V 2> "$BUILDROOT/etc/hook-before"' }],
        postInstall: [
          {
            cmd: 'echo "$(rpm -q bash), $SITE, interfaces: $(grep -c : /proc/net/dev)" > /etc/hook-installed',
            environment: { SITE: 'north' },
          },
        ],
        preImage: [{ cmd: 'ls /boot/initramfs-*.img > /etc/hook-last; echo trace > /var/log/trace.log' }],
      },
    },
  };
  await writeFile(join(folder, 'rich.yml'), JSON.stringify(template));
  return { url, close: () => rm(mirror.folder(archive), { recursive: true, force: true }) };
}

/** Everything that examples/azure-linux-3/settings.yml and `writeRichRpmTemplate` ask for, in the running machine. */
export function itHasSettings(machine: () => Machine): void {
  it('counts the boots of two unified kernel images, and started the newer one', async () => {
    const files = (await say(machine(), 'ls -1 /boot/efi/EFI/Linux')).split('\n');
    const running = await say(machine(), 'uname -r');
    expect(files).toEqual([
      expect.stringMatching(/^azurelinux-6\.12\.\S+\+3\.efi$/),
      `azurelinux-${running}.efi`,
    ]);
    expect(await say(machine(), 'systemctl is-active systemd-bless-boot')).toBe('active');
    expect(await say(machine(), 'cat /boot/efi/loader/loader.conf')).toMatch(/^timeout 1$/m);
  });

  it('keeps the time zone and the locale', async () => {
    expect(await say(machine(), 'timedatectl show --property Timezone --value')).toBe('Europe/Berlin');
    const day = '. /etc/locale.conf && LC_ALL=$LANG date --date 2024-03-01 "+$LANG %x"';
    expect(await say(machine(), day)).toBe('en_GB.UTF-8 01/03/24');
  });

  it('asks the time servers of the template', async () => {
    expect(await say(machine(), 'grep -E "^(server|pool|peer)" /etc/chrony/chrony.conf')).toBe(
      'server 10.0.2.123 iburst\nserver ntp.example.com iburst',
    );
    expect(await say(machine(), 'chronyc -n sources')).toContain('10.0.2.123');
  });

  it('has the users and groups with their numbers', async () => {
    expect(await say(machine(), 'id -u meter; id -g meter; id -Gn meter')).toMatch(
      /^1500\n1700\nmeter (gauges sensors|sensors gauges)$/,
    );
    expect(await say(machine(), 'getent group sensors')).toBe('sensors:x:1600:meter');
    expect(Number((await say(machine(), 'getent group gauges')).split(':')[2])).toBeLessThan(1000);
  });

  it('swaps to the swap file', async () => {
    expect(await say(machine(), 'cat /proc/swaps')).toMatch(/\n\/var\/swap\/file\s+file\s+65532\s/);
    expect(await say(machine(), 'stat --format "%a %U" /var/swap/file')).toBe('600 root');
  });

  it('has the parameters and the modules of the running kernel, and the files of tmpfiles', async () => {
    expect(await say(machine(), 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/panic')).toBe('1\n17');
    expect(await say(machine(), 'ls /sys/class/net | grep dummy')).toBe('dummy0\ndummy1');
    const tun = await machine().run('modprobe tun');
    expect([tun.status === 0, tun.output]).toEqual([false, expect.stringContaining('/bin/false')]);
    expect(await say(machine(), 'stat --format "%a %U:%G" /run/gateway')).toBe('750 meter:sensors');
  });

  it('runs without SELinux', async () => {
    expect(await say(machine(), 'cat /proc/cmdline')).toMatch(/ selinux=0(?: |$)/);
    expect((await machine().run('test -e /sys/fs/selinux/enforce')).status).not.toBe(0);
  });

  it('has no documents and only the translations that are wanted, and its rpm goes on like this', async () => {
    expect(await say(machine(), 'find /usr/share -path "*gateway-tools*" -type f | sort')).toBe(
      '/usr/share/licenses/gateway-tools/LICENSE\n/usr/share/locale/de/LC_MESSAGES/gateway-tools.mo',
    );
    expect(await say(machine(), 'rpm --eval "%_excludedocs %_install_langs"')).toBe('1 C:en:de');
    expect(await say(machine(), 'rpm -V gateway-tools')).toBe('');
  });

  it('ran the hooks of the build at their points, without a network', async () => {
    expect(await say(machine(), 'cat /etc/hook-before')).toMatch(/^mke2fs 1\./);
    expect(await say(machine(), 'cat /etc/hook-installed')).toMatch(/^bash-5\.\S+, north, interfaces: 1$/);
    expect(await say(machine(), 'grep -c "^/boot/initramfs-6.12" /etc/hook-last')).toBe('2');
    expect(await say(machine(), 'ls /var/log')).not.toContain('trace.log');
  });

  it('ran the hooks of the first boot, once', async () => {
    expect(await say(machine(), 'cat /var/lib/registered')).toBe("first it's\nnorth azurelinux");
    const again = 'systemctl restart ic-first-boot; systemctl is-active ic-first-boot';
    expect((await machine().run(again)).output).toBe('inactive');
    expect(await say(machine(), 'cat /var/lib/registered')).toBe("first it's\nnorth azurelinux");
  });
}

/** That dnf of this machine takes the repository that an image keeps as it lies there, with its key and no other. */
export function itKeepsRepository(
  built: () => BuiltImage,
  of: () => { readonly composer: Composer; readonly url: string },
): void {
  it('has the repository of the template and no other key than its own', async () => {
    const text = await debugfs(
      built().image,
      partition(built(), 'rootfs').start,
      'cat /etc/yum.repos.d/ours.repo',
    );
    expect(text).toBe(REPOSITORY.replace('URL', of().url));
  });

  it.skipIf(noDnf !== '')(
    `leaves it as dnf can use it, and not with another key${noDnf}`,
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'ic-dnf-'));
      try {
        const { install, key } = await dnfOver(built(), of().composer, folder);
        expect(await install('root')).toMatchObject({ status: 0 });
        const query = ['--root', join(folder, 'root'), '-q', 'gateway-tools'];
        expect((await exec('rpm', query)).stdout).toBe('gateway-tools-1-1.noarch\n');
        await (await signingKey(join(folder, 'gnupg'), 'Stranger')).exportPublic(key, 'armor');
        const refused = await install('other');
        expect(refused.status).not.toBe(0);
        expect(refused.stderr).toContain('repomd.xml GPG signature verification error');
      } finally {
        await rm(folder, { recursive: true });
      }
    },
    120_000,
  );
}

/** dnf with the .repo file and the key of an image; the paths in them lead to copies in `folder`. */
async function dnfOver(built: BuiltImage, { mirror }: Composer, folder: string) {
  const content = (path: string) => debugfs(built.image, partition(built, 'rootfs').start, `cat ${path}`);
  const [repos, keys] = [join(folder, 'etc/yum.repos.d'), join(folder, 'etc/pki/rpm-gpg')];
  for (const path of [repos, keys]) await mkdir(path, { recursive: true });
  const key = join(keys, 'RPM-GPG-KEY-ours');
  await writeFile(key, await content('/etc/pki/rpm-gpg/RPM-GPG-KEY-ours'));
  const text = await content('/etc/yum.repos.d/ours.repo');
  await writeFile(join(repos, 'ours.repo'), text.replace('file://', `file://${folder}`));
  const settings = [
    `reposdir=${repos}`,
    `sslcacert=${mirror.certificates.caFile}`,
    'install_weak_deps=false',
    'releasever=3',
  ].map((setting) => `--setopt=${setting}`);
  const install = (root: string) =>
    exec(
      'dnf',
      ['--assumeyes', '--installroot', join(folder, root), ...settings, 'install', 'gateway-tools'],
      { allow: [0, 1] },
    );
  return { install, key };
}
