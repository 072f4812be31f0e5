import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { $ } from 'zx';
import type { SigningKey } from './signing-key.js';

/** What the package of `writeRpmRepository` has in `/usr/share`, each with its directive of `%files`. */
const FILES = {
  'licenses/gateway-tools/LICENSE': '%license',
  'doc/gateway-tools/README': '%doc',
  'man/man1/gateway-tools.1': '%doc',
  'locale/de/LC_MESSAGES/gateway-tools.mo': '%lang(de)',
  'locale/fr/LC_MESSAGES/gateway-tools.mo': '%lang(fr)',
} as const;

const SPEC = `%global __os_install_post %{nil}
Name: gateway-tools
Version: 1
Release: 1
Summary: Tools of a gateway
License: Apache-2.0
BuildArch: noarch

%description
Made for the tests of Image Composer.

%install
for path in ${Object.keys(FILES).join(' ')}; do
  install -D -m 0644 /dev/null %{buildroot}/usr/share/$path
done

%files
${Object.entries(FILES)
  .map(([path, directive]) => `${directive} /usr/share/${path}\n`)
  .join('')}`;

/** Makes a signed repository of one package, `gateway-tools`, with a licence, documents and translations. */
export async function writeRpmRepository(folder: string, key: SigningKey): Promise<void> {
  const work = await mkdtemp(join(tmpdir(), 'ic-rpm-repository-'));
  try {
    const spec = join(work, 'package.spec');
    await writeFile(spec, SPEC);
    await mkdir(folder, { recursive: true });
    const defines = ['--define', `_topdir ${work}`, '--define', `_rpmdir ${folder}`];
    await $({ quiet: true })`rpmbuild -bb ${defines} ${spec}`;
  } finally {
    await rm(work, { recursive: true });
  }
  await key.signPackages([join(folder, 'noarch/gateway-tools-1-1.noarch.rpm')]);
  await $({ quiet: true })`createrepo_c --no-database ${folder}`;
  const index = join(folder, 'repodata/repomd.xml');
  await key.detachSign(await readFile(index, 'utf8'), `${index}.asc`);
}
