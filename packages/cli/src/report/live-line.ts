import type { Output } from '../io.js';

/** Milliseconds between redraws while nothing is said. */
const INTERVAL = 200;
const ERASE = '\r\u001b[K';

/** A line at the bottom of a terminal that is drawn again and again, below text that stays. */
export interface LiveLine {
  /** Text that stays, above the line. */
  print(text: string): void;
  /** Makes room for text that goes to the terminal by another way; the line comes back by itself. */
  erase(): void;
  /** Draws now what the timer would draw a little later. */
  refresh(): void;
  close(): void;
}

/** @param draw what the line says now; empty is no line */
export function liveLine(output: Output, draw: () => string): LiveLine {
  let shown = '';
  const paint = () => {
    const next = draw().slice(0, Math.max(10, (output.columns ?? 80) - 1));
    if (next === shown) return;
    output.write(`${ERASE}${next}`);
    shown = next;
  };
  const timer = setInterval(paint, INTERVAL);
  timer.unref();
  const erase = () => {
    if (shown !== '') output.write(ERASE);
    shown = '';
  };
  return {
    print: (text) => {
      erase();
      output.write(text);
      paint();
    },
    erase,
    refresh: paint,
    close: () => {
      clearInterval(timer);
      erase();
    },
  };
}
