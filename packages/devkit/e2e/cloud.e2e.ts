import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { indexAptArchive } from '../src/apt-archive.js';
import { buildStub } from '../src/build-deb.js';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { type SigningKey, signingKey } from '../src/signing-key.js';
import {
  bootedMachine,
  checkoutFile,
  expectDiskOfManifest,
  expectWhole,
  logInAsUser,
  REFERENCE_PACKAGES,
  say,
} from './image-checks.js';
import { setStage, unlessFull } from './stage.js';

const needs =
  (await lackingPackages([...REFERENCE_PACKAGES, 'gpg', 'gpg-agent', 'dpkg-dev', 'apt-utils'])) ||
  (process.getuid?.() === 0 ? '' : ' (skipped: not root)');
const full = unlessFull(needs);

const example = (name: string) => checkoutFile(`examples/${name}`);

const stage = setStage('cloud', full);

describe.skipIf(full !== '')(`an image that cloud-init finishes${full}`, () => {
  /** Of the repository on the loopback mirror; nobody else has it. */
  const archive = `ours-${process.pid}`;
  let key: SigningKey;
  let built: BuiltImage;
  let root = '';

  beforeAll(async () => {
    key = await signingKey(join(stage.folder, 'gnupg'), 'Ours');
    await key.exportPublic(join(stage.folder, 'ours.asc'), 'armor');
    await publish('1');
    const template = join(stage.folder, 'cloud.yml');
    // JSON is YAML.
    await writeFile(template, JSON.stringify(withRepository()));
    built = await buildImage(stage.composer, template, join(stage.folder, 'out'));
    root = join(stage.folder, 'root');
    await mkdir(root);
    const tar = built.image.replace(/raw$/, 'tar');
    await exec('tar', ['--extract', '--file', tar, '--directory', root, '--numeric-owner', '--same-owner']);
    await rm(tar);
    await exec('cp', [stage.composer.mirror.certificates.caFile, join(root, 'var/tmp/authority.pem')]);
  });
  afterAll(() => rm(stage.composer.mirror.folder(archive), { recursive: true, force: true }));

  /** Puts a version of the package gateway-tools into the repository. */
  async function publish(version: string): Promise<void> {
    const place = stage.composer.mirror.folder(archive);
    await mkdir(join(place, 'pool/main'), { recursive: true });
    const files = { '/usr/share/gateway-tools/version': `${version}\n` };
    const file = join(place, `pool/main/gateway-tools_${version}_all.deb`);
    await buildStub({ name: 'gateway-tools', version, files }, file);
    const names = { origin: 'Ours', suite: 'ours', components: ['main'], architecture: 'amd64' };
    await indexAptArchive(place, { ...names, key });
  }

  function withRepository(): object {
    return {
      extends: example('debian-12/cloud.yml'),
      disk: {
        size: '4GiB',
        partitions: [
          { id: 'boot', type: 'esp', size: '256MiB', fsType: 'vfat', mountPoint: '/boot/efi' },
          { id: 'rootfs', type: 'linux-root-amd64', fsType: 'ext4', mountPoint: '/' },
        ],
        artifacts: [{ type: 'raw' }, { type: 'tar' }],
      },
      packageRepositories: [
        {
          codename: 'ours',
          url: stage.composer.mirror.url(archive),
          pkey: 'ours.asc',
          fingerprints: [key.fingerprint],
          keepInImage: true,
        },
      ],
      systemConfig: { packages: ['gateway-tools'] },
    };
  }

  describe('running', () => {
    const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi' }), { logIn: logInAsUser });

    it('is finished by cloud-init without errors and comes up whole', async () => {
      const { status, output } = await machine().run('cloud-init status --wait --long', 600);
      expect(output).toContain('status: done');
      expect(output).toContain('DataSourceNoCloud [seed=/var/lib/cloud/seed/nocloud]');
      expect(status).toBe(0);
      await expectWhole(machine());
      expect((await machine().run('sudo -n grep WARNING /var/log/cloud-init.log')).output).toBe('');
    });

    it('has done what user data and meta data say', async () => {
      expect(await say(machine(), 'hostname; cat /etc/hostname')).toBe('gateway-7\ngateway-7');
      expect(await say(machine(), 'sudo -n cloud-init query instance_id')).toBe('gateway-7');
      expect(await say(machine(), 'stat --format "%a %U:%G" /etc/gateway.conf')).toBe('640 root:adm');
      expect(await say(machine(), 'sudo -n cat /etc/gateway.conf')).toBe('site: north');
      expect(await say(machine(), 'cat /var/lib/registered')).toBe('gateway-7 by root');
      expect(await say(machine(), 'id -Gn technician')).toBe('technician adm');
      expect(await say(machine(), 'sudo -n cat ~technician/.ssh/authorized_keys')).toMatch(
        /^ssh-ed25519 \S+ technician@example$/,
      );
    });

    it('keeps the user of the template, and serves the host keys that it has', async () => {
      expect(await say(machine(), 'id -un; id -Gn; sudo -n passwd --status user')).toMatch(
        /^user\nuser sudo\nuser P /,
      );
      expect(await say(machine(), 'sudo -n passwd --status root')).toMatch(/^root L /);
      for (const type of ['rsa', 'ecdsa', 'ed25519']) {
        const file = `/etc/ssh/ssh_host_${type}_key`;
        const [served, own, other] = [
          await say(machine(), `ssh-keyscan -t ${type} localhost 2> /dev/null | cut -d' ' -f3`),
          await say(machine(), `sudo -n ssh-keygen -y -f ${file} | cut -d' ' -f2`),
          await say(machine(), `cut -d' ' -f2 ${file}.pub`),
        ];
        expect(served).toMatch(/^AAAA/);
        expect([own, other]).toEqual([served, served]);
      }
    });

    it('has the address, the route and the name server that netplan was given', async () => {
      const set = async (name: string) =>
        JSON.parse(
          await say(machine(), `sudo -n netplan get ${name} | python3 -c '${YAML_TO_JSON}'`),
        ) as unknown;
      expect(await set('ethernets')).toEqual({
        match0: {
          match: { name: 'en*' },
          addresses: ['10.0.2.77/24'],
          nameservers: { addresses: ['10.0.2.3'] },
          dhcp4: false,
          dhcp6: false,
          routes: [{ to: 'default', via: '10.0.2.2' }],
        },
      });
      expect(await say(machine(), 'ip -4 -br address show scope global')).toMatch(
        /^e\S+ +UP +10\.0\.2\.77\/24$/,
      );
      expect(await say(machine(), 'ip -4 route show default')).toMatch(
        /^default via 10\.0\.2\.2 dev \S+ proto static$/,
      );
      expect(await say(machine(), 'resolvectl dns')).toMatch(/: 10\.0\.2\.3$/m);
      const status = await say(machine(), "networkctl status 'e*'");
      expect(status).toContain('Network File: /run/systemd/network/10-netplan-match0.network');
      expect(status).toContain('State: routable (configured)');
      expect(await say(machine(), 'ls /etc/systemd/network')).toBe('');
    });

    it('asks the time servers of the template by chrony, and no others', async () => {
      const lines = (await say(machine(), 'chronyc -n sources')).split('\n');
      const sources = lines.filter((line) => line.startsWith('^')).map((line) => line.split(/\s+/)[1]);
      expect(sources.sort()).toEqual(['192.168.7.1', '192.168.7.2']);
      expect(await say(machine(), 'systemctl is-active chrony')).toBe('active');
    });
  });

  describe('as a root that can reach its repositories', () => {
    it('has the disk that the manifest tells of', () => expectDiskOfManifest(built));

    /** Runs a program in the root of the image, with the network of this machine. */
    const inRoot = (program: string, ...args: readonly string[]) =>
      exec('unshare', [
        ...['--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child=KILL'],
        ...['sh', '-c', IN_ROOT, 'in-root', root, program, ...args],
      ]);
    /** Reads one file of sources alone: the others lead to servers on the internet. */
    const fromFile = (file: string) => [
      ...['-o', `Dir::Etc::sourcelist=${file}`, '-o', 'Dir::Etc::sourceparts=/dev/null'],
      ...['-o', 'Acquire::https::CAInfo=/var/tmp/authority.pem'],
    ];
    const SOURCES = '/etc/apt/sources.list.d/ours.sources';
    const OURS = fromFile(SOURCES);
    const policy = async () => (await inRoot('apt-cache', ...OURS, 'policy', 'gateway-tools')).stdout;

    it('updates from the repository that it was built with', async () => {
      await inRoot('apt-get', ...OURS, 'update');
      expect(await policy()).toMatch(/Installed: 1\n +Candidate: 1\n/);
      await publish('2');
      await inRoot('apt-get', ...OURS, 'update');
      const place = `${stage.composer.mirror.url(archive)} ours/main amd64 Packages`;
      const told = await policy();
      expect(told).toMatch(/Installed: 1\n +Candidate: 2\n/);
      expect(told).toContain(place);
      await inRoot('apt-get', ...OURS, '--yes', 'upgrade');
      expect(await readFile(join(root, 'usr/share/gateway-tools/version'), 'utf8')).toBe('2\n');
      expect(await policy()).toMatch(/Installed: 2\n/);
    });

    it('updates from Debian, wherever a mirror of it is', async () => {
      const shipped = await readFile(join(root, 'etc/apt/sources.list.d/debian.sources'), 'utf8');
      const moved = shipped
        .replace('https://ftp.debian.org/debian\n', `${stage.composer.mirror.url('debian')}\n`)
        .replace(
          'https://security.debian.org/debian-security\n',
          `${stage.composer.mirror.url('debian-security')}\n`,
        );
      await writeFile(join(root, 'var/tmp/moved.sources'), moved);
      const debian = fromFile('/var/tmp/moved.sources');
      await inRoot('apt-get', ...debian, 'update');
      const { stdout } = await inRoot('apt-cache', ...debian, 'policy', 'bash');
      expect(stdout).toContain(`${stage.composer.mirror.url('debian')} bookworm/main amd64 Packages`);
      expect(stdout).toMatch(/Installed: (\S+)\n +Candidate: \1\n/);
    });

    it('trusts the key of the template and no other', async () => {
      const other = await signingKey(join(stage.folder, 'other'), 'Other');
      await other.exportPublic(join(root, 'etc/apt/keyrings/ours.asc'), 'armor');
      await rm(join(root, 'var/lib/apt/lists'), { recursive: true });
      const attempt = inRoot('apt-get', ...OURS, 'update');
      await expect(attempt).rejects.toThrow(`NO_PUBKEY ${key.fingerprint.slice(-16)}`);
      expect(await policy()).not.toContain(stage.composer.mirror.url(archive));
    });
  });
});

describe.skipIf(full !== '')(`an image whose network cloud-init makes${full}`, () => {
  let built: BuiltImage;
  beforeAll(async () => {
    await writeFile(join(stage.folder, 'network-config'), NETWORK);
    const template = join(stage.folder, 'seeded.yml');
    const systemConfig = { packages: ['cloud-init'], cloudInit: { networkConfig: 'network-config' } };
    const extended = example('debian-12/minimal-raw.yml');
    await writeFile(template, JSON.stringify({ extends: extended, image: { name: 'seeded' }, systemConfig }));
    built = await buildImage(stage.composer, template, stage.folder);
  });
  const machine = bootedMachine(() => ({ image: built.image, firmware: 'uefi' }), { logIn: logInAsUser });

  it('is finished by cloud-init without errors and comes up whole', async () => {
    expect(await say(machine(), 'cloud-init status --wait', 600)).toMatch(/status: done$/);
    await expectWhole(machine());
  });

  it('has the address, the route and the name server of the seed, and no others', async () => {
    const address = await say(machine(), 'ip -4 -br address show scope global');
    expect(address).toMatch(/^enp0s1 +UP +10\.0\.2\.78\/24$/);
    expect(await say(machine(), 'ip -4 route show default')).toMatch(/^default via 10\.0\.2\.2 dev enp0s1 /);
    expect(await say(machine(), 'resolvectl dns')).toMatch(/: 10\.0\.2\.3$/m);
    expect(await say(machine(), 'ls /etc/systemd/network')).toBe('10-cloud-init-enp0s1.network');
  });

  it('has the name of the template and a user of cloud-init beside that of the template', async () => {
    expect(await say(machine(), 'hostname; sudo -n cloud-init query instance_id')).toBe(
      'minimal\nseeded-1.0.0',
    );
    expect(await say(machine(), 'sudo -n passwd --status debian')).toMatch(/^debian L /);
    expect(await say(machine(), 'sudo -n passwd --status user')).toMatch(/^user P /);
  });
});

/** Version 2 of cloud-init's network configuration, without what netplan alone understands. */
const NETWORK = `version: 2
ethernets:
  enp0s1:
    addresses: [10.0.2.78/24]
    routes: [{ to: 0.0.0.0/0, via: 10.0.2.2 }]
    nameservers: { addresses: [10.0.2.3] }
`;

/** Arguments: folder, program and its arguments. */
const IN_ROOT = `
set -eu
root=$1
shift
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
exec chroot "$root" "$@"
`;

const YAML_TO_JSON = 'import json, sys, yaml; print(json.dumps(yaml.safe_load(sys.stdin)))';
