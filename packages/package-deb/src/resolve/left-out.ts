import type { LeftOut } from '../packages-index.js';

/** Why a package is not seen that a repository does have, and the way out. */
export interface LeftOutWords {
  readonly reason: string;
  readonly hint: string;
}

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
