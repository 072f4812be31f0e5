import { Worker } from 'node:worker_threads';

export interface Watchdog {
  /** Says that the work has come to this input. */
  reach(input: number): void;
  stop(): Promise<void>;
}

export interface WatchdogOptions {
  /** What to print before the number of the input that did not end. */
  readonly subject: string;
  /** The longest that one input may take. */
  readonly seconds: number;
  /** The most that the process may have resident, in bytes: ArrayBuffers, stacks and code count. */
  readonly memory: number;
}

/** Plain JavaScript: a thread of a test does not read TypeScript. */
const THREAD = `
const { workerData: { state, subject, seconds, memory } } = require('node:worker_threads');
const { writeSync } = require('node:fs');
let [input, since] = [-1, Date.now()];
const end = (why) => {
  writeSync(2, '\\n' + subject + ' input ' + Atomics.load(state, 0) + ': ' + why + '\\n');
  process.kill(process.pid, 'SIGKILL');
};
setInterval(() => {
  const now = Atomics.load(state, 0);
  if (now !== input) [input, since] = [now, Date.now()];
  else if (now >= 0 && Date.now() - since > seconds * 1000) end('it has not ended after ' + seconds + ' s');
  const resident = process.memoryUsage.rss();
  if (resident > memory) end('the process has ' + resident + ' bytes, more than ' + memory);
}, 20);
`;

/** Ends this process when an input hangs or memory runs away: what no code beside a busy parser can do. */
export function startWatchdog({ subject, seconds, memory }: WatchdogOptions): Watchdog {
  const state = new Int32Array(new SharedArrayBuffer(4)).fill(-1);
  const thread = new Worker(THREAD, {
    eval: true,
    // Options of the test runner are none of its.
    execArgv: [],
    workerData: { state, subject, seconds, memory },
  });
  thread.unref();
  return {
    reach: (input) => void Atomics.store(state, 0, input),
    async stop() {
      await thread.terminate();
    },
  };
}
