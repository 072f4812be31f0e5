import type { EventSink } from '@ic/utils';
import type { PackageId } from '../contract.js';

export interface FetchProgress {
  /** Bytes that came; negative when some were thrown away. */
  add(bytes: number): void;
  finished(item: PackageId): void;
  /** Another build is fetching it, and this one waits. */
  waiting(item: PackageId): void;
}

/** Milliseconds that the rate is an average of, and between two looks. */
const WINDOW = 5000;
const STEP = 250;

/**
 * Progress events of the stage `fetch`: one for each finished package and each half percent between, with the bytes a
 * second of the last five seconds.
 *
 * @param now milliseconds of a monotonic clock
 */
export function createFetchProgress(
  total: number,
  events: EventSink,
  now: () => number = () => performance.now(),
): FetchProgress {
  let done = 0;
  let said = 0;
  /** How far it was when, oldest first. */
  let looks = [{ at: now(), done: 0 }];

  const speed = () => {
    const at = now();
    if (at - (looks.at(-1)?.at ?? 0) >= STEP)
      looks = [...looks.filter((look) => at - look.at <= WINDOW), { at, done }];
    const [first] = looks;
    if (first === undefined || at - first.at < STEP || done <= first.done) return {};
    const rate = Math.round(((done - first.done) * 1000) / (at - first.at));
    return rate === 0 ? {} : { rate, secondsLeft: Math.ceil((total - done) / rate) };
  };
  const say = (item?: string) => {
    said = done;
    const event = { type: 'progress', stage: 'fetch', done, total, unit: 'bytes', ...speed() } as const;
    events(item === undefined ? event : { ...event, item });
  };
  return {
    add(bytes) {
      done += bytes;
      if (Math.abs(done - said) * 200 >= total) say();
    },
    finished: (item) => say(item.name),
    waiting: (item) => say(`${item.name} (another build is fetching it)`),
  };
}
