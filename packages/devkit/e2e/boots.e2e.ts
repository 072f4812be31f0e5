import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { debugfs, readDisk } from '../src/read-disk.js';
import type { Machine } from '../src/virtual-machine.js';
import {
  bootedMachine,
  checkoutFile,
  expectDiskOfManifest,
  expectWhole,
  logInAsUser,
  MIB,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import { writeRichTemplate } from './rich-template.js';
import { setStage, unlessFull } from './stage.js';

const needs = await lackingPackages([...REFERENCE_PACKAGES, 'gpg', 'gpg-agent', 'dpkg-dev', 'apt-utils']);

const stage = setStage('boots', needs);

const example = (name: string) => checkoutFile(`examples/${name}`);

/** Boots an image and logs in as the user of the examples. */
function bootedAsUser(image: () => string, firmware: 'uefi' | 'bios'): () => Machine {
  return bootedMachine(() => ({ image: image(), firmware }), { logIn: logInAsUser });
}

/** What must be true of every machine that an image became. */
function itRuns(
  built: () => BuiltImage,
  machine: () => Machine,
  firmware: 'uefi' | 'bios',
  hostname: string,
) {
  it(`starts by ${firmware} and comes up whole`, async () => {
    await expectWhole(machine());
    const { status } = await machine().run('test -d /sys/firmware/efi');
    expect(status).toBe(firmware === 'uefi' ? 0 : 1);
    expect(await say(machine(), 'hostname')).toBe(hostname);
  });

  it('became a machine of its own', async () => {
    const { image, manifest } = built();
    const root = manifest.disk.partitions.find(({ mountPoint }) => mountPoint === '/');
    const before = async (request: string) => debugfs(image, root?.start ?? 0, request);
    expect(await before('ls /etc/ssh')).not.toContain('ssh_host_');
    expect(await before('cat /etc/machine-id')).toBe('');
    expect(await say(machine(), 'cat /etc/machine-id')).toMatch(/^[0-9a-f]{32}$/);
    const keys = await say(machine(), 'for k in /etc/ssh/ssh_host_*_key.pub; do ssh-keygen -lf $k; done');
    expect(keys.split('\n').map((line) => /\((\w+)\)$/.exec(line)?.[1])).toEqual(['ECDSA', 'ED25519', 'RSA']);
  });

  it('has the partitions of the manifest in their places', async () => {
    const columns = 'NAME,PARTUUID,PARTTYPE,FSTYPE,UUID,MOUNTPOINT,SIZE';
    const text = await say(machine(), `lsblk --json --bytes --output ${columns} /dev/vda`);
    const { blockdevices } = JSON.parse(text) as { blockdevices: { children: object[] }[] };
    const { partitions, table } = built().manifest.disk;
    expect(blockdevices[0]?.children).toMatchObject(
      partitions.map(({ number, partUuid, typeGuid, fsType, fsUuid, mountPoint, size }) => ({
        ...{ name: `vda${number}`, partuuid: partUuid, size, mountpoint: mountPoint ?? null },
        ...{ fstype: fsType === 'none' ? null : fsType, uuid: fsUuid ?? null },
        ...(table === 'gpt' ? { parttype: typeGuid } : {}),
      })),
    );
  });
}

describe.skipIf(needs !== '')(`the minimal image of Debian 12${needs}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('debian-12/minimal-raw.yml'), stage.folder);
  });
  const machine = bootedAsUser(() => built.image, 'uefi');
  itRuns(() => built, machine, 'uefi', 'minimal');

  it('has the disk that template and manifest tell of', async () => {
    expect(built.manifest.disk).toMatchObject({ table: 'gpt', size: 4096 * MIB });
    expect(built.manifest.disk.partitions).toMatchObject([
      { id: 'boot', start: MIB, size: 512 * MIB, fsType: 'vfat', mountPoint: '/boot/efi' },
      { id: 'rootfs', start: 513 * MIB, fsType: 'ext4', mountPoint: '/' },
    ]);
    await expectDiskOfManifest(built);
  });

  it('has exactly the packages of the manifest', async () => {
    const format = `'\${Package} \${Version} \${Architecture} \${db:Status-Abbrev}\\n'`;
    const installed = (await say(machine(), `dpkg-query -W -f ${format}`)).split('\n');
    const told = built.manifest.packages.map((pkg) => `${pkg.name} ${pkg.version} ${pkg.architecture} ii`);
    expect(installed.map((line) => line.trim()).sort()).toEqual(told.sort());
    expect(await say(machine(), 'sudo -n dpkg --audit')).toBe('');
  });

  it('has the user of the template, who may become root', async () => {
    expect(await say(machine(), 'id -un; id -Gn; pwd')).toBe('user\nuser sudo\n/home/user');
    expect(await say(machine(), 'sudo -n id -u')).toBe('0');
    expect(await say(machine(), 'sudo -n passwd --status root')).toMatch(/^root L /);
  });

  it('asks for its address', async () => {
    expect(await say(machine(), 'ip -4 -br address show scope global')).toMatch(/^e\S+ +UP +10\.0\.2\.15\//);
    expect(await say(machine(), 'readlink /etc/resolv.conf')).toBe('../run/systemd/resolve/stub-resolv.conf');
    expect(await say(machine(), 'networkctl status "e*"')).toContain('10.0.2.15 (DHCP4 via 10.0.2.2)');
  });
});

describe.skipIf(needs !== '')(`the image of Debian 12 for BIOS${needs}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('debian-12/legacy-bios.yml'), stage.folder);
  });
  const machine = bootedAsUser(() => built.image, 'bios');
  itRuns(() => built, machine, 'bios', 'bios');

  it('has the disk that template and manifest tell of', async () => {
    expect(built.manifest.disk.partitions).toMatchObject([
      { id: 'bios', start: MIB, size: MIB, fsType: 'none' },
      { id: 'rootfs', start: 2 * MIB, fsType: 'ext4', mountPoint: '/' },
    ]);
    await expectDiskOfManifest(built);
  });
});

describe.skipIf(needs !== '')(`an image with settings of every kind, for UEFI and BIOS${needs}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    const base = example('debian-12/settings.yml');
    const { template, args } = await writeRichTemplate(join(stage.folder, 'rich'), base);
    built = await buildImage(stage.composer, template, stage.folder, { args });
  });

  it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

  describe('by UEFI', () => {
    const machine = bootedAsUser(() => built.image, 'uefi');
    itRuns(() => built, machine, 'uefi', 'hybrid');

    it('keeps the time zone, the locale and the keyboard', async () => {
      expect(await say(machine(), 'timedatectl show --property Timezone --value')).toBe('Europe/Berlin');
      expect(await say(machine(), 'date --date @1700000000 +%H:%M%Z')).toBe('23:13CET');
      expect(await say(machine(), 'echo $LANG; date --date 2024-03-01 +%x')).toBe('en_GB.UTF-8\n01/03/24');
      const keyboard = await say(machine(), 'localectl status');
      expect(keyboard).toMatch(/VC Keymap: de-latin1-nodeadkeys\n/);
      expect(keyboard).toMatch(/X11 Layout: de\n *X11 Model: pc105\n *X11 Variant: nodeadkeys/);
    });

    it('starts what is enabled and nothing that is disabled or masked', async () => {
      const units = 'hello.service apt-daily.timer apt-daily-upgrade.timer';
      const { output: enabled } = await machine().run(`systemctl is-enabled ${units}`);
      const { output: active } = await machine().run(`systemctl is-active ${units}`);
      expect([enabled, active]).toEqual(['enabled\ndisabled\nmasked', 'active\ninactive\ninactive']);
      expect(await say(machine(), 'cat /run/hello')).toBe('hello');
    });

    it('has the files of the template with their modes and owners', async () => {
      const paths = 'hello.conf tree tree/folder tree/folder/script tree/link';
      expect(
        await say(machine(), `cd /opt/added && sudo -n stat --format '%n %F %a %U:%G %s' ${paths}`),
      ).toBe(
        [
          'hello.conf regular file 640 remote:adm 6',
          'tree directory 755 root:root 4096',
          'tree/folder directory 751 root:root 4096',
          'tree/folder/script regular file 755 root:root 22',
          'tree/link symbolic link 777 root:root 13',
        ].join('\n'),
      );
      expect(await say(machine(), 'sudo -n /opt/added/tree/link')).toBe('script');
    });

    it('has the repositories, each with its key, and nothing of the build’s mirror', async () => {
      const uris = await say(machine(), 'sudo -n apt-get update --print-uris');
      expect(uris).toContain("'https://packages.example.com/ours/dists/ours/main/binary-amd64/Packages");
      expect(uris).toMatch(/\/dists\/bookworm\/main\/binary-amd64\/Packages/);
      expect(await say(machine(), 'cat /etc/apt/sources.list.d/ours.sources')).toMatch(
        /^Signed-By: \/etc\/apt\/keyrings\/ours\.asc$/m,
      );
      expect(await say(machine(), 'head -1 /etc/apt/keyrings/ours.asc')).toContain(
        'BEGIN PGP PUBLIC KEY BLOCK',
      );
      expect((await machine().run('grep -rl 127.0.0.1 /etc/apt')).output).toBe('');
    });

    it('has no documents and only the translations that are wanted', async () => {
      const find =
        'cd /usr/share && find doc man locale -name "*gateway-tools*" -o -path "*gateway-tools/*" | sort';
      expect(await say(machine(), find)).toBe(
        'doc/gateway-tools\ndoc/gateway-tools/copyright\nlocale/de/LC_MESSAGES/gateway-tools.mo',
      );
      expect(await say(machine(), 'find /usr/share/man -type f | wc -l')).toBe('0');
      expect(await say(machine(), 'cat /etc/dpkg/dpkg.cfg.d/image-composer')).toContain(
        'path-exclude=/usr/share/man/*',
      );
    });

    it('asks the time servers of the template', async () => {
      const servers = 'timedatectl show-timesync --property SystemNTPServers --value';
      expect(await say(machine(), servers)).toBe('10.0.2.123 ntp.example.com');
    });

    it('runs AppArmor and not SELinux', async () => {
      expect(await say(machine(), 'cat /sys/module/apparmor/parameters/enabled')).toBe('Y');
      expect(await say(machine(), 'cat /proc/cmdline')).toContain(' selinux=0 security=apparmor apparmor=1');
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

    it('has the parameters and the modules of the running kernel', async () => {
      expect(await say(machine(), 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/kernel/panic')).toBe('1\n17');
      expect(await say(machine(), 'ls /sys/class/net | grep dummy')).toBe('dummy0\ndummy1');
      const tun = await machine().run('sudo -n modprobe tun');
      expect(tun.status).not.toBe(0);
      expect(tun.output).toContain('/bin/false');
    });

    it('makes the files of tmpfiles', async () => {
      expect(await say(machine(), 'sudo -n stat --format "%a %U:%G" /run/gateway')).toBe('750 meter:sensors');
    });

    it('ran the hooks of the build at their points, without a network', async () => {
      expect(await say(machine(), 'cat /etc/hook-before')).toMatch(/^mke2fs 1\./);
      expect(await say(machine(), 'cat /etc/hook-installed')).toBe(
        'Status: install ok installed, north, interfaces: 1',
      );
      expect(await say(machine(), 'cat /etc/hook-last')).toMatch(/^\/boot\/initrd\.img-/);
      expect(await say(machine(), 'ls /var/log')).not.toContain('trace.log');
    });

    it('ran the hooks of the first boot, once', async () => {
      expect(await say(machine(), 'cat /var/lib/registered')).toBe("first it's\nnorth hybrid");
      const again = 'sudo -n systemctl restart ic-first-boot; systemctl is-active ic-first-boot';
      expect((await machine().run(again)).output).toBe('inactive');
      expect(await say(machine(), 'cat /var/lib/registered')).toBe("first it's\nnorth hybrid");
    });

    it('ran the configurations in their order', async () => {
      expect(await say(machine(), 'cat /etc/configured')).toBe('hybrid root\nsecond');
    });

    it('lets a user with a key in, whose password is locked, and ages another password', async () => {
      expect(await say(machine(), 'sudo -n passwd --status remote')).toMatch(/^remote L /);
      const ssh = 'ssh -n -i .key -o StrictHostKeyChecking=no -o BatchMode=yes -o LogLevel=ERROR';
      await say(machine(), 'sudo -n install -o user -m 0600 /etc/remote-key .key');
      expect(await say(machine(), `${ssh} remote@localhost 'id -un; id -Gn; pwd'`, 120)).toBe(
        'remote\nremote adm dialout\n/srv/remote',
      );
      expect(await say(machine(), `${ssh} kiosk@localhost`, 120)).toMatch(/^script$/m);
      expect(await say(machine(), 'sudo -n passwd --status user')).toMatch(/^user P \S+ 0 90 /);
    });

    it('has the static address, route and name server', async () => {
      expect(await say(machine(), 'ip -4 -br address show scope global')).toMatch(
        /^e\S+ +UP +10\.0\.2\.77\/24$/,
      );
      expect(await say(machine(), 'ip route show default')).toMatch(
        /^default via 10\.0\.2\.2 .*proto static/,
      );
      expect(await say(machine(), 'resolvectl dns')).toContain('10.0.2.9');
    });

    it('was started with the command line of the template', async () => {
      const words = await say(machine(), 'cat /proc/cmdline');
      // GRUB moves the quotation mark to the word's beginning; the kernel reads both alike.
      expect(words).toContain('"ic.words=two words" ic.dollar=$HOME');
    });
  });

  describe('by BIOS', () => {
    const machine = bootedAsUser(() => built.image, 'bios');
    itRuns(() => built, machine, 'bios', 'hybrid');
  });
});

const full = unlessFull(needs);

describe.skipIf(full !== '')(`the minimal image of Debian 13${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('debian-13/minimal-raw.yml'), stage.folder);
  });
  const machine = bootedAsUser(() => built.image, 'uefi');
  itRuns(() => built, machine, 'uefi', 'minimal');
  it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));
  it('is Debian 13', async () => {
    expect(await say(machine(), '. /etc/os-release; echo $ID $VERSION_ID')).toBe('debian 13');
  });
});

describe.skipIf(full !== '')(`GRUB for UEFI${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    built = await buildImage(stage.composer, example('debian-12/minimal-raw.yml'), stage.folder, {
      args: ['--set', 'systemConfig.bootloader.provider=grub', '--set', 'image.name=grub-uefi'],
    });
  });
  const machine = bootedAsUser(() => built.image, 'uefi');
  itRuns(() => built, machine, 'uefi', 'minimal');
});

describe.skipIf(full !== '')(`BIOS and an MBR partition table${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    const disk = { size: '2GiB', partitionTableType: 'mbr', partitions: [root] };
    built = await buildImage(stage.composer, example('debian-12/legacy-bios.yml'), stage.folder, {
      args: ['--set', `disk=${JSON.stringify(disk)}`, '--set', 'image.name=bios-mbr'],
    });
  });
  const root = {
    id: 'rootfs',
    type: 'linux',
    fsType: 'ext4',
    start: '1MiB',
    mountPoint: '/',
    flags: ['boot'],
  };
  const machine = bootedAsUser(() => built.image, 'bios');
  itRuns(() => built, machine, 'bios', 'bios');
  it('has the disk that the manifest tells of', async () => {
    const { disk, complaints } = await readDisk(built.image);
    expect(complaints).toEqual([]);
    const { partitions, ...table } = built.manifest.disk;
    expect(disk).toMatchObject(table);
    expect(disk.partitions).toMatchObject(
      partitions.map(({ number, partUuid, start, size, fsType, fsUuid }) => ({
        ...{ number, partUuid, start, size, fsType, fsUuid, typeGuid: '83' },
      })),
    );
  });
});
