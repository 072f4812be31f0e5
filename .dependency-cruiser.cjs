/**
 * Who may import whom: docs/architecture.md, "The rooms". A package sees the packages of its row, nothing else.
 *
 * @type {Record<string, string[]>}
 */
const MAY_IMPORT = {
  utils: [],
  'package-core': ['utils'],
  'package-deb': ['utils', 'package-core'],
  'package-rpm': ['utils', 'package-core'],
  toolchain: ['utils', 'package-core'],
  'image-core': ['utils', 'package-core', 'toolchain'],
  'image-raw': ['utils', 'package-core', 'toolchain', 'image-core'],
  compose: ['utils', 'package-core', 'package-deb', 'package-rpm', 'toolchain', 'image-core', 'image-raw'],
  cli: ['utils', 'package-core', 'toolchain', 'compose'],
  devkit: ['utils', 'package-core', 'package-deb', 'package-rpm', 'toolchain'],
};

const layers = Object.entries(MAY_IMPORT).map(([name, others]) => ({
  name: `layer-${name}`,
  comment: `@ic/${name} may import ${others.length === 0 ? 'no other package' : others.join(', ')}`,
  severity: 'error',
  from: { path: `^packages/${name}/src/` },
  to: { path: '^packages/', pathNot: `^packages/(${[name, ...others].join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layers,
    {
      name: 'every-package-has-a-layer',
      comment: 'a new package needs a row in MAY_IMPORT',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(MAY_IMPORT).join('|')})/` },
      to: {},
    },
    {
      name: 'through-the-front-door',
      comment:
        'packages meet in their src/index.ts, not in files behind it; the fuzz harness has a door of its own',
      severity: 'error',
      from: { path: '^packages/([^/]+)/' },
      to: {
        path: '^packages/[^/]+/src/',
        pathNot: [
          '^packages/$1/',
          '^packages/[^/]+/src/index[.]ts$',
          '^packages/devkit/src/fuzz/index[.]ts$',
        ],
      },
    },
    {
      name: 'no-cycles',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'no-tests-in-products',
      comment: 'what is shipped does not import tests or what they stand on',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '[.]test[.]|/testing/|^packages/devkit/' },
      to: { path: '[.]test[.]|/src/testing/|^packages/devkit/' },
    },
    {
      name: 'declared-dependencies-only',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: '[.]test[.]|/testing/' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    { name: 'resolvable', severity: 'error', from: {}, to: { couldNotResolve: true } },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '/dist/' },
    tsPreCompilationDeps: true,
    combinedDependencies: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@ic/source', 'import', 'node', 'default', 'types'],
      extensions: ['.ts', '.mjs', '.js', '.json'],
    },
  },
};
