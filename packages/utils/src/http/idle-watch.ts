/** Aborts work that waits longer than `milliseconds` for the next byte, and work whose caller gives up. */
export interface IdleWatch {
  readonly signal: AbortSignal;
  readonly timedOut: boolean;
  /** Starts the time over. */
  waiting(): void;
  /** Time spent on what has come does not count. */
  busy(): void;
  end(): void;
}

export function createIdleWatch(milliseconds: number, caller: AbortSignal | undefined): IdleWatch {
  const controller = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let timedOut = false;
  const giveUp = () => controller.abort(caller?.reason);
  if (caller?.aborted) giveUp();
  caller?.addEventListener('abort', giveUp, { once: true });
  const busy = () => clearTimeout(timer);
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut;
    },
    waiting() {
      busy();
      timer = setTimeout(() => {
        timedOut = true;
        controller.abort();
      }, milliseconds);
    },
    busy,
    end() {
      busy();
      caller?.removeEventListener('abort', giveUp);
    },
  };
}
