import type * as Compose from '@ic/compose';
import type * as Toolchain from '@ic/toolchain';
import { runOnTerminal } from './run-on-terminal.js';

/** The rooms behind the commands; each is loaded when a command asks for it. Tests bring fakes. */
export interface Library {
  compose(): Promise<Pick<typeof Compose, 'compose' | 'lock' | 'resolve' | 'validate'>>;
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
  toolchain: () => import('@ic/toolchain'),
  runOnTerminal,
};
