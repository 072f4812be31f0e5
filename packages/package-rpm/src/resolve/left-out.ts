import type { LeftOut, LeftOutReason } from '../rpm-package.js';

const WORDS: Readonly<Record<LeftOutReason, string>> = {
  source: 'as a source package only',
  modular: 'in a module stream only',
  'not allowed': 'but allowPackages does not name it',
  excluded: 'but excludePackages names it',
  'too new': 'but only since after the snapshot time',
};

/** Why a name is not seen that repositories do have; undefined when none has it. */
export function leftOutText(leftOut: readonly LeftOut[]): string | undefined {
  if (leftOut.length === 0) return undefined;
  const texts = leftOut.map(({ repository, reason }) => `repository "${repository}" has it ${WORDS[reason]}`);
  return [...new Set(texts)].join(', ');
}
