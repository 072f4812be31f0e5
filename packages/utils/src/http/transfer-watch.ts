/** How long a transfer may take, in milliseconds and bytes a second. */
export interface Patience {
  /** Without a byte. */
  readonly idle: number;
  /** Bytes a second, over each `idle`. */
  readonly minimumRate: number;
  /** By `performance.now()`. */
  readonly deadline: number;
}

/** Aborts work that waits too long for its bytes, and work whose caller gives up. */
export interface TransferWatch {
  readonly signal: AbortSignal;
  /** What took too long, as the end of a sentence about the server. */
  readonly timedOut: string | undefined;
  /** From here on the other end is waited for. */
  waiting(): void;
  /** The other end sent something; time spent on that does not count. */
  received(bytes: number): void;
  end(): void;
}

export function createTransferWatch(patience: Patience, caller: AbortSignal | undefined): TransferWatch {
  const { idle, minimumRate, deadline } = patience;
  const controller = new AbortController();
  let timedOut: string | undefined;
  let since: number | undefined;
  let waited = 0;
  let bytes = 0;
  const giveUp = () => controller.abort(caller?.reason);
  const timeOut = (reason: string) => {
    timedOut ??= reason;
    controller.abort();
  };
  // One timer that looks when it is due: starting one for each chunk costs more than the chunk.
  const look = () => {
    const now = performance.now();
    const quiet = since === undefined ? 0 : now - since;
    if (now >= deadline) timeOut('was not done in the time there is');
    else if (quiet >= idle) timeOut('sent nothing for too long');
    else timer = setTimeout(look, Math.min(idle - quiet, deadline - now) + 1);
  };
  let timer = setTimeout(look, Math.max(0, Math.min(idle, deadline - performance.now())) + 1);
  if (caller?.aborted) giveUp();
  caller?.addEventListener('abort', giveUp, { once: true });
  return {
    signal: controller.signal,
    get timedOut() {
      return timedOut;
    },
    waiting() {
      since = performance.now();
    },
    received(count) {
      waited += performance.now() - (since ?? performance.now());
      since = undefined;
      bytes += count;
      if (waited < idle) return;
      if (bytes < (minimumRate * waited) / 1000) timeOut(`sent less than ${minimumRate} bytes a second`);
      waited = 0;
      bytes = 0;
    },
    end() {
      clearTimeout(timer);
      caller?.removeEventListener('abort', giveUp);
    },
  };
}
