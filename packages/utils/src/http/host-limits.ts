import { createLimit, type Limit } from '../limit.js';

/** Runs work for a URL when its host, and all together, have a place free. */
export type HostLimits = <T>(url: string, work: () => Promise<T>) => Promise<T>;

/** Who waits for a host takes no place of the others. */
export function createHostLimits(all: number, perHost: number): HostLimits {
  const whole = createLimit(all);
  const hosts = new Map<string, Limit>();
  return (url, work) => {
    const host = URL.canParse(url) ? new URL(url).host : '';
    const limit = hosts.get(host) ?? createLimit(perHost);
    hosts.set(host, limit);
    return limit(() => whole(work));
  };
}
