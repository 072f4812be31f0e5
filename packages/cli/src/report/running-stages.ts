import { formatSize, type IcEvent } from '@ic/utils';

type Progress = Extract<IcEvent, { type: 'progress' }>;

/** Which stages are under way, since when and how far, for the line at the bottom of a terminal. */
export interface RunningStages {
  take(event: IcEvent): void;
  /** All running stages in the order in which they started; empty when none is. */
  describe(): string;
}

/** @param now milliseconds of a monotonic clock */
export function runningStages(now: () => number): RunningStages {
  const running = new Map<string, { since: number; progress?: Progress }>();
  return {
    take: (event) => {
      if (event.type === 'stage') {
        if (event.status === 'started') running.set(event.stage, { since: now() });
        else running.delete(event.stage);
      } else if (event.type === 'progress') {
        const stage = running.get(event.stage);
        if (stage !== undefined) stage.progress = event;
      }
    },
    describe: () =>
      [...running]
        .map(([name, { since, progress }]) => {
          const seconds = Math.floor((now() - since) / 1000);
          return [name, ...(progress === undefined ? [] : [describeProgress(progress)]), `${seconds} s`].join(
            ' ',
          );
        })
        .join(' · '),
  };
}

function describeProgress({ done, total, unit, rate, secondsLeft }: Progress): string {
  if (unit !== 'bytes') return `${done} of ${total} ${unit}`;
  const speed = rate === undefined ? '' : ` (${formatSize(rate)}/s, ${secondsLeft ?? 0} s left)`;
  return `${formatSize(done)} of ${formatSize(total)}${speed}`;
}
