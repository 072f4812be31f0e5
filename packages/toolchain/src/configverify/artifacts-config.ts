import type { ArtifactConfig, RootArtifactType } from '../config/image-config.js';
import type { TemplateDisk } from '../config/template-document.js';
import type { Path } from '../configparse/located.js';
import type { Report } from './report.js';

type Compression = NonNullable<ArtifactConfig['compression']>;

const OF_ROOT: ReadonlySet<string> = new Set(['tar', 'oci', 'squashfs', 'erofs']);
/** What compresses by itself, and by what it can. */
const INSIDE: Readonly<Partial<Record<ArtifactConfig['type'], readonly Compression[]>>> = {
  oci: ['gz', 'zstd'],
  squashfs: ['gz', 'xz', 'zstd'],
  erofs: [],
} satisfies Partial<Record<RootArtifactType, readonly Compression[]>>;

/** The artifacts of a checked document. What does not fit is added to the report. Pure. */
export function artifactsConfig(
  asked: NonNullable<TemplateDisk['artifacts']>,
  { path, report }: { readonly path: Path; readonly report: Report },
): readonly ArtifactConfig[] {
  asked.forEach(({ type, compression }, index) => {
    if (path.length > 1 && OF_ROOT.has(type)) {
      report.add(
        [...path, 'artifacts', index, 'type'],
        `an artifact of type "${type}" is made of the root file system, not of a disk beside it`,
        { code: 'TEMPLATE_CONFLICT', hint: 'put it into "disk.artifacts"' },
      );
    }
    const able = INSIDE[type];
    if (able === undefined) return;
    const first = asked.findIndex((other) => other.type === type);
    if (asked[first]?.compression !== compression) {
      report.add(
        [...path, 'artifacts', index],
        `two artifacts of type "${type}" would have the same file name: it is compressed inside`,
        { code: 'TEMPLATE_CONFLICT', hint: 'keep one of the two' },
      );
    }
    if (compression === undefined || able.includes(compression)) return;
    report.add(
      [...path, 'artifacts', index, 'compression'],
      `an artifact of type "${type}" cannot be compressed with ${compression}`,
      {
        code: 'TEMPLATE_CONFLICT',
        hint:
          able.length === 0
            ? 'leave "compression" out: it compresses with LZ4 by itself'
            : `write ${able.join(' or ')}: ${type} is compressed inside, and knows these`,
      },
    );
  });
  return asked.map(({ type, compression }) => ({ type, compression }));
}
