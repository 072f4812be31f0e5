import { readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx';
import type { Trees } from './recipe.js';

const LIBRARIES = 'usr/lib/x86_64-linux-gnu';

/** Compiles the hardware database with the distribution's own program: at boot it would take long under emulation. */
export async function compileHwdb({ own, of }: Trees): Promise<void> {
  const linker = join(of('glibc'), LIBRARIES, 'ld-linux-x86-64.so.2');
  const needed = [
    'glibc',
    'systemd',
    'libcap-libs',
    'openssl-libs',
    'libseccomp',
    'pam',
    'audit-libs',
    'libselinux',
    'libxcrypt',
    'util-linux-libs',
    'libcap-ng',
    'pcre2',
    'acl',
    'systemd-libs',
  ];
  const path = [
    ...needed.map((name) => join(of(name), LIBRARIES)),
    join(of('systemd'), LIBRARIES, 'systemd'),
  ].join(':');
  await $({
    quiet: true,
  })`${linker} --library-path ${path} ${join(own, 'usr/bin/systemd-hwdb')} --root=${own} --usr update`;
}

/** Links as Azure Linux has them; its kernel has USB built in, which the cloud kernel has not at all. */
export async function finishKernel({ own }: Trees): Promise<void> {
  const modules = join(own, 'usr/lib/modules');
  const [release = ''] = await readdir(modules);
  await symlink(`/boot/vmlinuz-${release}`, join(modules, release, 'vmlinuz'));
  const builtin = join(modules, release, 'modules.builtin');
  const usb = ['common/usb-common', 'core/usbcore'].map((name) => `kernel/drivers/usb/${name}.ko\n`);
  await writeFile(builtin, (await readFile(builtin, 'utf8')) + usb.join(''));
}

/** All certificates in one file, which Debian makes while installing. */
export async function bundleCertificates({ own }: Trees): Promise<void> {
  const folder = join(own, 'usr/share/ca-certificates/mozilla');
  const names = (await readdir(folder)).sort();
  const texts = await Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
  await writeFile(join(own, 'etc/pki/tls/certs/ca-bundle.crt'), texts.join(''));
}
