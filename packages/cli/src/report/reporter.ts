import type { EventSink, IcError, Logger } from '@ic/utils';

/** Draws what happens. One is chosen per run: a terminal that is redrawn, lines that are appended, or JSON lines. */
export interface Reporter {
  readonly events: EventSink;
  readonly logger: Logger;
  /** A sentence for people about what was done. */
  note(text: string): void;
  /** The value of a command whose output is a value: text for people and programs, the data behind it for `--json`. */
  value(text: string, data: unknown): void;
  error(error: IcError): void;
  /** Leaves the terminal as it was. */
  close(): void;
}

export interface ReporterOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly quiet: boolean;
}
