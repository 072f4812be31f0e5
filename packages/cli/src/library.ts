import type * as Compose from '@ic/compose';
import type * as PackageCore from '@ic/package-core';
import type * as Toolchain from '@ic/toolchain';
import { runOnTerminal } from './run-on-terminal.js';

/** The rooms behind the commands; each is loaded when a command asks for it. Tests bring fakes. */
export interface Library {
  compose(): Promise<
    Pick<
      typeof Compose,
      'compose' | 'dependencies' | 'fetch' | 'lock' | 'plan' | 'resolve' | 'validate' | 'why'
    >
  >;
  packageCore(): Promise<
    Pick<
      typeof PackageCore,
      'clearCache' | 'formatGraph' | 'graphData' | 'listCache' | 'pruneCache' | 'verifyCache'
    >
  >;
  toolchain(): Promise<
    Pick<
      typeof Toolchain,
      | 'findFirmware'
      | 'inspectHost'
      | 'installHostPackages'
      | 'missingHostPackages'
      | 'probeKvm'
      | 'qemuArguments'
      | 'requireHostPackages'
    >
  >;
  readonly runOnTerminal: typeof runOnTerminal;
}

export const library: Library = {
  compose: () => import('@ic/compose'),
  packageCore: () => import('@ic/package-core'),
  toolchain: () => import('@ic/toolchain'),
  runOnTerminal,
};
