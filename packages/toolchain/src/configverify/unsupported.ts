import type { Problem } from '../config/problem.js';
import { formatPath, type Located, type LocatedMap, type Path } from '../configparse/located.js';

/** A key that the schema knows and this version cannot honour. */
interface Unsupported {
  /** Path of the key; `*` is every item of a list. */
  readonly key: string;
  /** The values that are refused; every value when left out. */
  readonly values?: readonly (string | boolean)[];
  /** Ends the sentence "… is not supported yet:". */
  readonly reason: string;
}

/** What this version cannot do yet. Whoever makes one of these work deletes its row. */
export const UNSUPPORTED: readonly Unsupported[] = [
  { key: 'target.imageType', values: ['iso'], reason: 'this version makes no installers' },
  { key: 'disk.path', reason: 'it is for installers, and this version makes none' },
  { key: 'disk.selectionPolicy', reason: 'it is for installers, and this version makes none' },
  {
    key: 'systemConfig.immutability.enabled',
    values: [true],
    reason: 'this version makes writable roots only',
  },
  { key: 'systemConfig.immutability.secureBootDBKey', reason: 'this version signs nothing for Secure Boot' },
  { key: 'systemConfig.immutability.secureBootDBCrt', reason: 'this version signs nothing for Secure Boot' },
  { key: 'systemConfig.immutability.secureBootDBCer', reason: 'this version signs nothing for Secure Boot' },
  { key: 'systemConfig.fde.enabled', values: [true], reason: 'this version encrypts nothing' },
  { key: 'systemConfig.fde.passphraseFile', reason: 'this version encrypts nothing' },
  { key: 'systemConfig.fde.partitions', reason: 'this version encrypts nothing' },
  { key: 'systemConfig.fde.unlock', reason: 'this version encrypts nothing' },
  { key: 'systemConfig.initramfs.template', reason: 'it is for installers, and this version makes none' },
  {
    key: 'packageRepositories.*.insecureSkipVerify',
    values: [true],
    reason: 'TLS certificates are always checked; add the certificate authority to those of this machine',
  },
];

/** A problem for each key of the document that is in the table. Pure. */
export function checkUnsupported(tree: LocatedMap): Problem[] {
  return UNSUPPORTED.flatMap((row) =>
    matches(tree, row.key.split('.'), []).flatMap(({ path, node }): Problem[] => {
      const value = node.kind === 'scalar' ? node.value : undefined;
      if (row.values !== undefined && !row.values.some((one) => one === value)) return [];
      const what = row.values === undefined ? formatPath(path) : `${formatPath(path)}: ${value}`;
      return [
        {
          code: 'TEMPLATE_UNSUPPORTED',
          at: node.at,
          message: `"${what}" is not supported yet: ${row.reason}`,
          hint: 'leave it out; docs/template.md tells which keys this version honours',
        },
      ];
    }),
  );
}

function matches(node: Located, steps: readonly string[], path: Path): { path: Path; node: Located }[] {
  const [step, ...rest] = steps;
  if (step === undefined) return [{ path, node }];
  if (step === '*') {
    return node.kind === 'list'
      ? node.items.flatMap((item, index) => matches(item, rest, [...path, index]))
      : [];
  }
  const value = node.kind === 'map' ? node.entries.get(step)?.value : undefined;
  return value === undefined ? [] : matches(value, rest, [...path, step]);
}
