import type { Recipe } from './recipe.js';

/** A policy under the name that the family gives to its own; Debian's, because Debian's programs are what it is for. */
export const SELINUX_RECIPES: readonly Recipe[] = [
  { name: 'policycoreutils', debs: ['policycoreutils'], drops: /^\/etc\/init\.d/ },
  {
    name: 'selinux-policy',
    debs: ['selinux-policy-default'],
    renames: [[/\/selinux\/default$/, '/selinux/targeted']],
    files: { '/etc/selinux/config': 'SELINUX=disabled\nSELINUXTYPE=targeted\n' },
    attributes: { '/etc/selinux/config': '%config(noreplace)' },
    tags: [
      'Requires: policycoreutils',
      'Requires: libselinux-utils',
      'Requires(post): policycoreutils',
      'Requires(post): libsemanage',
      'Requires(post): sed',
    ],
    plain: true,
    // Azure Linux compiles its policy before; Debian's comes in modules.
    scriptlets: `%post
modules=$(sed 's#.*#-i /usr/share/selinux/targeted/&.pp.bz2#' /usr/share/selinux/targeted/.modules)
semodule -n -s targeted -X 100 $modules
`,
  },
];
