import type { LeftOutWords } from '@ic/package-core';
import type { LeftOut, LeftOutReason } from '../rpm-package.js';

const WORDS: Readonly<Record<LeftOutReason, string>> = {
  source: 'as a source package only',
  modular: 'in a module stream only',
  'not allowed': 'but allowPackages does not name it',
  excluded: 'but excludePackages names it',
  'too new': 'but only since after the snapshot time',
};

/** Why a name is not seen that repositories do have, and the way out; undefined when none has it. */
export function leftOutWords(name: string, leftOut: readonly LeftOut[]): LeftOutWords | undefined {
  if (leftOut.length === 0) return undefined;
  const texts = leftOut.map(({ repository, reason }) => `repository "${repository}" has it ${WORDS[reason]}`);
  return {
    reason: [...new Set(texts)].join(', '),
    hint: `add a repository that has ${name}, or change what leaves it out`,
  };
}
