import { expect, it } from 'vitest';
import { serialConsole } from './serial-console.js';

it.each([
  ['console=tty0 quiet', undefined],
  ['console=ttyS0,115200 console=tty0', { unit: 0, speed: 115200 }],
  ['console=tty0 console=ttyS1,57600n8', { unit: 1, speed: 57600 }],
  ['console=ttyS0', { unit: 0, speed: 9600 }],
  ['xconsole=ttyS0 earlycon=uart', undefined],
  ['console=ttyAMA0,115200', undefined],
])('the serial console of "%s" is %j', (commandLine, expected) => {
  expect(serialConsole(commandLine)).toEqual(expected);
});
