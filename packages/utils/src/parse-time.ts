const FORM = /^(\d{4})-(\d{2})-(\d{2})(?:T\d{2}:\d{2}(?::\d{2})?(?:Z|[+-]\d{2}:\d{2}))?$/;

/**
 * A time in ISO 8601 with its zone, or a date alone, which is its beginning in UTC. Undefined for what is neither, and for
 * a day that no calendar has. Pure.
 */
export function parseTime(text: string): Date | undefined {
  const [, year, month, day] = (FORM.exec(text) ?? []).map(Number);
  const calendar = new Date(Date.UTC(year ?? 0, (month ?? 0) - 1, day ?? 0));
  const time = new Date(text);
  // Date takes 31 days in every month, and goes on into the next.
  return calendar.getUTCMonth() === (month ?? 0) - 1 && !Number.isNaN(time.getTime()) ? time : undefined;
}
