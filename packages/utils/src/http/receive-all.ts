import type { Readable } from 'node:stream';

export interface Receiver {
  /** From here on the other end is waited for. */
  waiting(): void;
  /** Says whether it wants more; what it throws is thrown as it is. */
  take(chunk: Buffer): boolean | Promise<boolean>;
  /** What the stream's own error means. */
  explain(error: unknown): unknown;
}

/**
 * Hands over the bytes of a stream until its end or until no more are wanted. By its events: an iterator makes promises for
 * each chunk, which costs a third of what a download costs.
 */
export function receiveAll(body: Readable, { waiting, take, explain }: Receiver): Promise<void> {
  return new Promise((resolve, reject) => {
    const stop = () => body.off('data', onData).pause();
    const fail = (error: unknown) => {
      stop();
      reject(error);
    };
    const goOn = (isWanted: boolean) => {
      if (isWanted) {
        waiting();
        return true;
      }
      stop();
      resolve();
      return false;
    };
    const onData = (chunk: Buffer) => {
      try {
        const wanted = take(chunk);
        if (typeof wanted === 'boolean') {
          goOn(wanted);
          return;
        }
        body.pause();
        wanted.then((isWanted) => {
          if (goOn(isWanted)) body.resume();
        }, fail);
      } catch (error) {
        fail(error);
      }
    };
    waiting();
    body.on('data', onData);
    body.once('end', resolve);
    body.on('error', (error) => reject(explain(error)));
    body.once('close', () => {
      if (body.readableEnded) return;
      const code = 'ERR_STREAM_PREMATURE_CLOSE';
      reject(explain(Object.assign(new Error('the connection was closed before the end'), { code })));
    });
  });
}
