import { expect, it } from 'vitest';
import { redactUrl } from './redact.js';

it.each([
  { url: 'https://mirror.example/debian', shown: 'https://mirror.example/debian' },
  { url: 'https://alice:secret@mirror.example/debian', shown: 'https://mirror.example/debian' },
  { url: 'HTTPS://alice@mirror.example', shown: 'HTTPS://mirror.example' },
  { url: 'https://alice@corp:s@cret@mirror.example/x', shown: 'https://mirror.example/x' },
  { url: 'https://mirror.example/a@b', shown: 'https://mirror.example/a@b' },
  { url: 'https://mirror.example?mail=a@b', shown: 'https://mirror.example?mail=a@b' },
  { url: 'https://alice:se/cr@et@mirror.example/x', shown: 'https://mirror.example/x' },
  { url: 'https://alice:se#cret@mirror.example/x', shown: 'https://mirror.example/x' },
  { url: 'https://mirror.example/\u001b[31m', shown: 'https://mirror.example/[31m' },
])('$url is shown as $shown', ({ url, shown }) => {
  expect(redactUrl(url)).toBe(shown);
});
