import type { Recipe } from './recipe.js';
import { stub } from './stubs.js';

const LATER = '2025-06-01T00:00:00Z';

/** Packages that no image needs and that a resolver must see through. */
export const CASES: readonly Recipe[] = [
  // Versions that only rpmvercmp orders right.
  ...['1.9', '1.10', '1.10~rc1', '1.10^git20250101.abcdef'].map((version) =>
    stub('case-versions', version, version.includes('^') ? { published: LATER } : {}),
  ),
  stub('case-epoch', '2.0'),
  stub('case-epoch', '1.0', { tags: ['Epoch: 1'] }),
  // Alternatives to packages of the image: never to be chosen beside or instead of them.
  stub('coreutils-selinux', '9.4', { tags: ['Conflicts: coreutils'] }),
  stub('systemd-bootstrap', '250.3', { tags: ['Provides: systemd = 250.3'] }),
  stub('mariner-release', '2.0', { tags: ['Provides: azurelinux-release = 2.0'] }),
  stub('ntp', '4.2.8', { tags: ['Provides: ntpdaemon'] }),
  stub('openssh-fips-helper', '1.0', { tags: ['Requires: openssl-fips'] }),
  stub('openssl-fips', '1.0'),
  stub('systemd-bootchart', '234', { tags: ['Supplements: (systemd-udev and case-measure)'] }),
  stub('rpm-plugin-selinux', '4.18', { tags: ['Enhances: rpm'] }),
  stub('zlib', '1.3.1', { architecture: 'i686', tags: ['Provides: libz.so.1'] }),
  stub('case-multilib-only', '1.0', { architecture: 'i686' }),
  // Requests without a solution, each for another reason.
  stub('case-broken', '1.0', { tags: ['Requires: no-such-package >= 2'] }),
  stub('case-conflict-a', '1.0', { tags: ['Conflicts: case-conflict-b'] }),
  stub('case-conflict-b', '1.0'),
  stub('case-needs-both', '1.0', { tags: ['Requires: case-conflict-a', 'Requires: case-conflict-b'] }),
  stub('case-old-kernel', '1.0', { tags: ['Requires: kernel < 5'] }),
  // Rich dependencies.
  stub('case-rich', '1.0', {
    tags: [
      'Requires: (case-rich-first or case-rich-second)',
      'Requires: (case-rich-if if case-rich-first else case-rich-else)',
      'Requires: (bash with /bin/sh)',
      'Requires: (zlib without case-broken)',
    ],
  }),
  ...['first', 'second', 'if', 'else'].map((part) => stub(`case-rich-${part}`, '1.0')),
  // A chain of replacements: old → middle → new.
  stub('case-old', '1.0'),
  stub('case-middle', '1.5', { tags: ['Obsoletes: case-old < 1.5', 'Provides: case-old = %{version}'] }),
  stub('case-new', '2.0', { tags: ['Obsoletes: case-middle < 2', 'Provides: case-middle = %{version}'] }),
];
