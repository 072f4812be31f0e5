import type { LeftOutWords } from '@ic/package-core';
import type { LeftOut } from '../packages-index.js';

/** Undefined when no repository has it. */
export function leftOutWords([first]: readonly LeftOut[]): LeftOutWords | undefined {
  if (first === undefined) return undefined;
  const { name, repository, suite, component } = first;
  if (component === undefined) {
    return {
      reason: `repository "${repository}" has ${name}, but its allowPackages does not name it`,
      hint: `name ${name} in the allowPackages of repository "${repository}"`,
    };
  }
  return {
    reason: `${name} is in component "${component}" of repository "${repository}" (${suite}), which this template does not enable`,
    hint: `add component "${component}" of ${suite} with an entry of packageRepositories`,
  };
}
