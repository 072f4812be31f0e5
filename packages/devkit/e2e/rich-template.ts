import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { indexAptArchive } from '../src/apt-archive.js';
import { buildStub } from '../src/build-deb.js';
import { signingKey } from '../src/signing-key.js';

const UNIT = `[Unit]
Description=Says hello

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/sh -c 'echo hello > /run/hello'

[Install]
WantedBy=multi-user.target
`;

/** No program where it lies: its first line is enough. */
const INSTALLED = `#!/bin/sh -e
bash=$(dpkg --status bash | grep ^Status:)
echo "$bash, $SITE, interfaces: $(grep -c : /proc/net/dev)" > /etc/hook-installed
if test -e /etc/fstab; then echo "too late" >> /etc/hook-installed; fi
`;

/**
 * Writes a template that uses every key of systemConfig that can be seen in a running machine, and the files it names.
 *
 * @param folder where it goes; made when missing
 * @param base absolute path of the template that it extends
 * @returns the template's absolute path, and the arguments that tell where its own repository is for the time being
 */
export async function writeRichTemplate(
  folder: string,
  base: string,
): Promise<{ readonly template: string; readonly args: readonly string[] }> {
  const key = sshKeyPair();
  const tree = join(folder, 'tree');
  await mkdir(join(tree, 'folder'), { recursive: true });
  await writeFile(join(tree, 'folder/script'), '#!/bin/sh\necho script\n');
  await chmod(tree, 0o755);
  await chmod(join(tree, 'folder'), 0o751);
  await chmod(join(tree, 'folder/script'), 0o755);
  await symlink('folder/script', join(tree, 'link'));
  await writeFile(join(folder, 'hello.conf'), 'hello\n');
  await writeFile(join(folder, 'installed.sh'), INSTALLED, { mode: 0o644 });
  await writeFile(join(folder, 'hello.service'), UNIT);
  await writeFile(join(folder, 'remote-key'), key.privateKey);
  const repository = await writeRepository(folder);
  const template = {
    extends: base,
    image: { name: 'rich' },
    packageRepositories: [
      {
        codename: 'ours',
        url: 'https://packages.example.com/ours',
        pkey: 'ours.asc',
        fingerprints: [repository.fingerprint],
        keepInImage: true,
      },
    ],
    systemConfig: {
      packages: ['locales', 'openssh-client', 'gateway-tools'],
      timezone: 'Europe/Berlin',
      locale: 'en_GB.UTF-8',
      keyboard: { layout: 'de', variant: 'nodeadkeys' },
      kernel: {
        cmdline: 'console=ttyS0,115200 console=tty0 loglevel=3 ic.words="two words" ic.dollar=$HOME',
      },
      network: {
        interfaces: [
          {
            name: 'en*',
            addresses: ['10.0.2.77/24'],
            routes: [{ to: 'default', via: '10.0.2.2' }],
            nameservers: ['10.0.2.9'],
          },
        ],
      },
      services: { enable: ['hello'], disable: ['apt-daily.timer'], mask: ['apt-daily-upgrade.timer'] },
      users: [
        { name: 'user', passwordMaxAge: 90 },
        {
          name: 'remote',
          home: '/srv/remote',
          groups: ['adm', 'dialout'],
          sshAuthorizedKeys: [key.publicKey],
        },
        {
          name: 'kiosk',
          startupScript: '/opt/added/tree/folder/script',
          sshAuthorizedKeys: [key.publicKey],
        },
      ],
      hooks: {
        preInstall: [{ cmd: 'mkdir -p "$BUILDROOT/etc" && mke2fs -V 2> "$BUILDROOT/etc/hook-before"' }],
        postInstall: [{ script: 'installed.sh', environment: { SITE: 'north' } }],
        preImage: [{ cmd: 'ls /boot/initrd.img-* > /etc/hook-last; echo trace > /var/log/trace.log' }],
      },
      additionalFiles: [
        { local: 'tree', final: '/opt/added/tree' },
        { local: 'hello.conf', final: '/opt/added/', mode: '0640', owner: 'remote:adm' },
        { local: 'hello.service', final: '/etc/systemd/system/hello.service', mode: '0644' },
        { local: 'remote-key', final: '/etc/remote-key', mode: '0600' },
      ],
      configurations: [
        { cmd: 'echo "$(cat /etc/hostname) $(id -un)" > /etc/configured' },
        { cmd: 'echo second >> /etc/configured' },
      ],
    },
  };
  const path = join(folder, 'rich.yml');
  // JSON is YAML.
  await writeFile(path, JSON.stringify(template));
  return { template: path, args: ['--mirror', `ours=file://${repository.folder}`] };
}

const CONTENT = ['doc/gateway-tools/copyright', 'doc/gateway-tools/README', 'man/man1/gateway-tools.1'];
const TRANSLATIONS = ['de', 'fr'].map((name) => `locale/${name}/LC_MESSAGES/gateway-tools.mo`);

/** A signed repository of one package, with documents and translations. */
async function writeRepository(folder: string): Promise<{ folder: string; fingerprint: string }> {
  const archive = join(folder, 'archive');
  await mkdir(join(archive, 'pool/main'), { recursive: true });
  const files = Object.fromEntries([...CONTENT, ...TRANSLATIONS].map((path) => [`/usr/share/${path}`, 'x']));
  const stub = { name: 'gateway-tools', version: '1', files };
  await buildStub(stub, join(archive, 'pool/main/gateway-tools_1_all.deb'));
  const key = await signingKey(join(folder, 'gnupg'), 'Ours');
  await key.exportPublic(join(folder, 'ours.asc'), 'armor');
  const names = { origin: 'Ours', suite: 'ours', components: ['main'], architecture: 'amd64' };
  await indexAptArchive(archive, { ...names, key });
  return { folder: archive, fingerprint: key.fingerprint };
}

/** A key pair in the forms that OpenSSH reads: PKCS #8, and the line of authorized_keys (RFC 5656 section 3.1). */
function sshKeyPair(): { readonly privateKey: string; readonly publicKey: string } {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, 'base64url'), Buffer.from(y, 'base64url')]);
  const fields = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point];
  const blob = Buffer.concat(fields.flatMap((field) => [uint32(field.length), field]));
  return {
    privateKey: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(),
    publicKey: `ecdsa-sha2-nistp256 ${blob.toString('base64')} test`,
  };
}

function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}
