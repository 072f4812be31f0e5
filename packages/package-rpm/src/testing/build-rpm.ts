import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exec } from '@ic/utils';

export interface TestRpm {
  readonly name: string;
  /** Default `1-1`. */
  readonly version?: string | undefined;
  readonly epoch?: number | undefined;
  /** Further lines of the preamble: `Requires: …`. */
  readonly preamble?: readonly string[] | undefined;
  /** Shell lines that fill `$RPM_BUILD_ROOT`, the current folder. */
  readonly install?: readonly string[] | undefined;
  /** Lines of `%files`. */
  readonly files?: readonly string[] | undefined;
  /** Further sections: scriptlets, triggers. */
  readonly sections?: readonly string[] | undefined;
  /** rpm's word: `w3.zstdio` (default), `w6.xzdio`, `w9.gzdio`, `w9.bzdio`, `w6.lzdio`, `w.ufdio`. */
  readonly payload?: string | undefined;
}

/** Builds a noarch package with rpmbuild, without its dependency generators, and returns its path. */
export async function buildRpm(folder: string, rpm: TestRpm): Promise<string> {
  const [version = '1', release = '1'] = (rpm.version ?? '1-1').split('-');
  const work = join(folder, `build-${rpm.name}-${version}-${release}`);
  await mkdir(work, { recursive: true });
  const spec = join(work, 'package.spec');
  await writeFile(
    spec,
    [
      `Name: ${rpm.name}`,
      `Version: ${version}`,
      `Release: ${release}`,
      ...(rpm.epoch === undefined ? [] : [`Epoch: ${rpm.epoch}`]),
      'Summary: A test',
      'License: MIT',
      'BuildArch: noarch',
      'AutoReqProv: no',
      ...(rpm.preamble ?? []),
      '%description',
      'A test.',
      '%install',
      'mkdir -p "$RPM_BUILD_ROOT" && cd "$RPM_BUILD_ROOT"',
      ...(rpm.install ?? []),
      '%files',
      '%defattr(-,root,root,-)',
      ...(rpm.files ?? []),
      ...(rpm.sections ?? []),
      '',
    ].join('\n'),
  );
  const defines = {
    _topdir: work,
    _dbpath: join(work, 'db'),
    _rpmdir: work,
    _rpmfilename: '%{NAME}-%{VERSION}-%{RELEASE}.%{ARCH}.rpm',
    _binary_payload: rpm.payload ?? 'w3.zstdio',
    __os_install_post: '%{nil}',
    debug_package: '%{nil}',
    _buildhost: 'localhost',
  };
  const args = Object.entries(defines).flatMap(([name, value]) => ['--define', `${name} ${value}`]);
  await exec('rpmbuild', ['-bb', '--quiet', '--nodeps', ...args, spec], {
    env: { HOME: work, PATH: '/usr/bin:/bin' },
  });
  const [file = ''] = (await readdir(work)).filter((name) => name.endsWith('.rpm'));
  return join(work, file);
}
