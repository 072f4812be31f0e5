import type { EventSink } from '@ic/utils';
import type { PackageId } from '../contract.js';

export interface FetchProgress {
  /** Bytes that came; negative when some were thrown away. */
  add(bytes: number): void;
  finished(item: PackageId): void;
  /** Another build is fetching it, and this one waits. */
  waiting(item: PackageId): void;
}

/** Progress events of the stage `fetch`: one for each finished package and each half percent between. */
export function createFetchProgress(total: number, events: EventSink): FetchProgress {
  let done = 0;
  let said = 0;
  const say = (item?: string) => {
    said = done;
    const event = { type: 'progress', stage: 'fetch', done, total, unit: 'bytes' } as const;
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
