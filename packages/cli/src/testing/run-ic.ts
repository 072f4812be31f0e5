import { formatGraph, graphData } from '@ic/package-core';
import { qemuArguments, requireHostPackages } from '@ic/toolchain';
import type { Io } from '../io.js';
import type { Library } from '../library.js';
import { main } from '../main.js';

export interface Fakes {
  readonly compose?: Partial<Awaited<ReturnType<Library['compose']>>>;
  readonly packageCore?: Partial<Awaited<ReturnType<Library['packageCore']>>>;
  readonly toolchain?: Partial<Awaited<ReturnType<Library['toolchain']>>>;
  readonly runOnTerminal?: Library['runOnTerminal'];
  readonly env?: Io['env'];
  readonly isTTY?: boolean;
}

export interface Run {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `ic` with fakes behind it; whatever is not faked must not be called. */
export async function runIc(args: readonly string[], fakes: Fakes = {}): Promise<Run> {
  return startIc(args, fakes).done;
}

/** The same, with a way to send it signals. */
export function startIc(
  args: readonly string[],
  fakes: Fakes = {},
): { readonly done: Promise<Run>; readonly kill: (signal: 'SIGINT' | 'SIGTERM') => void } {
  const written = { stdout: '', stderr: '' };
  const listeners = new Map<string, () => void>();
  const io: Io = {
    stdout: {
      write: (text) => {
        written.stdout += text;
      },
    },
    stderr: {
      write: (text) => {
        written.stderr += text;
      },
      isTTY: fakes.isTTY,
    },
    env: fakes.env ?? { HOME: '/home/alice' },
    on: (signal, listener) => listeners.set(signal, listener),
    off: (signal) => listeners.delete(signal),
  };
  const done = main(args, io, fakeLibrary(fakes)).then((exitCode) => ({ exitCode, ...written }));
  return { done, kill: (signal) => listeners.get(signal)?.() };
}

function fakeLibrary(fakes: Fakes): Library {
  const never = () => {
    throw new Error('this was not to be called');
  };
  const toolchain = {
    findFirmware: never,
    inspectHost: never,
    installHostPackages: never,
    missingHostPackages: never,
    probeKvm: never,
    qemuArguments,
    requireHostPackages,
  };
  return {
    compose: async () => ({
      validate: never,
      plan: never,
      resolve: never,
      fetch: never,
      lock: never,
      compose: never,
      dependencies: never,
      why: never,
      ...fakes.compose,
    }),
    packageCore: async () => ({
      clearCache: never,
      listCache: never,
      pruneCache: never,
      verifyCache: never,
      formatGraph,
      graphData,
      ...fakes.packageCore,
    }),
    toolchain: async () => ({ ...toolchain, ...fakes.toolchain }),
    runOnTerminal: fakes.runOnTerminal ?? never,
  };
}
