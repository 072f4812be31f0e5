import type { ImportedPackage } from '@ic/package-core';
import type { Dependency } from '../dependency.js';
import type { RpmFile } from '../rpmfile/rpm-file.js';

const FLAGS = { '<': 'LT', '<=': 'LE', '=': 'EQ', '>=': 'GE', '>': 'GT' } as const;
const RELATIONS = [
  'provides',
  'requires',
  'conflicts',
  'obsoletes',
  'recommends',
  'suggests',
  'supplements',
  'enhances',
] as const;

/** A package file and what it says of itself. */
export interface LocalPackage {
  readonly rpm: RpmFile;
  readonly file: ImportedPackage;
}

/** Primary metadata of packages, as createrepo makes it, with all of their files. */
export function localPrimary(packages: readonly LocalPackage[]): string {
  return `<metadata packages="${packages.length}">\n${packages.map(packageXml).join('')}</metadata>\n`;
}

function packageXml({ rpm, file }: LocalPackage): string {
  const { epoch, version, release } = rpm.evr;
  const installed = rpm.files.reduce((sum, { size }) => sum + size, 0);
  const relations = RELATIONS.map((name) => {
    const entries = rpm[name].map(entryXml).join('');
    return entries === '' ? '' : `<rpm:${name}>${entries}</rpm:${name}>\n`;
  });
  return `<package type="rpm"><name>${text(rpm.name)}</name><arch>${text(rpm.architecture)}</arch>
<version epoch="${epoch}" ver="${text(version)}" rel="${text(release)}"/>
<checksum type="sha256" pkgid="YES">${file.sha256}</checksum>
<time file="0" build="0"/><size package="${file.size}" installed="${installed}" archive="0"/>
<location href="${text(file.name)}"/>
<format><rpm:sourcerpm>${text(rpm.sourceRpm ?? '')}</rpm:sourcerpm>
${relations.join('')}${rpm.files.map(({ path }) => `<file>${text(path)}</file>\n`).join('')}</format></package>
`;
}

function entryXml({ name, operator, evr, pre }: Dependency): string {
  const range =
    operator === undefined || evr === undefined
      ? ''
      : ` flags="${FLAGS[operator]}" epoch="${evr.epoch}" ver="${text(evr.version)}"${evr.release === undefined ? '' : ` rel="${text(evr.release)}"`}`;
  return `<rpm:entry name="${text(name)}"${range}${pre === true ? ' pre="1"' : ''}/>`;
}

function text(value: string): string {
  return value
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
