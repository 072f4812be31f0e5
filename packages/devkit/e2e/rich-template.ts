import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

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
const REGISTER = `#!/bin/sh
echo "$SITE $(cat /proc/sys/kernel/hostname)" >> /var/lib/registered
`;

/**
 * Writes a template that uses every key of systemConfig that can be seen in a running machine, and the files it names.
 *
 * @param folder where it goes; made when missing
 * @param base absolute path of the template that it extends
 * @returns the template's absolute path
 */
export async function writeRichTemplate(folder: string, base: string): Promise<string> {
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
  await writeFile(join(folder, 'register.sh'), REGISTER, { mode: 0o644 });
  await writeFile(join(folder, 'hello.service'), UNIT);
  await writeFile(join(folder, 'remote-key'), key.privateKey);
  const template = {
    extends: base,
    image: { name: 'rich' },
    systemConfig: {
      packages: ['locales', 'openssh-client'],
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
        { name: 'meter', uid: 1500, groups: ['sensors', 'gauges'] },
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
      groups: [
        { name: 'sensors', gid: 1600 },
        { name: 'gauges', system: true },
        { name: 'meter', gid: 1700 },
      ],
      swapFiles: [{ path: '/var/swap/file', size: '64MiB' }],
      sysctl: { 'net.ipv4.ip_forward': 1, 'kernel.panic': '17' },
      kernelModules: {
        load: ['dummy'],
        disable: ['tun'],
        options: { dummy: 'numdummies=2' },
      },
      tmpfiles: ['d /run/gateway 0750 meter sensors -', 'w /run/gateway/state - - - - ready'],
      hooks: {
        preInstall: [{ cmd: 'mkdir -p "$BUILDROOT/etc" && mke2fs -V 2> "$BUILDROOT/etc/hook-before"' }],
        postInstall: [{ script: 'installed.sh', environment: { SITE: 'north' } }],
        preImage: [{ cmd: 'ls /boot/initrd.img-* > /etc/hook-last; echo trace > /var/log/trace.log' }],
        firstBoot: [
          { cmd: 'echo "first $SITE" > /var/lib/registered', environment: { SITE: "it's" } },
          { script: 'register.sh', environment: { SITE: 'north' }, network: true },
        ],
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
  return path;
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
