import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loginFor, readLogins } from './logins.js';

describe('readLogins', () => {
  it('reads netrc and auth.conf', () => {
    const text = `# a comment: machine no.example login x password y
machine a.example login alice password s3cret
machine https://b.example:8443/deb/
\tlogin "bob \\"b\\" jones"
\tpassword "a b"
macdef init
machine trap.example login no password no

machine c.example
  account acct password only
machine d.example login nobody
default login anonymous password me@example`;
    expect(readLogins(text)).toEqual([
      { place: 'a.example', user: 'alice', password: 's3cret' },
      { place: 'https://b.example:8443/deb/', user: 'bob "b" jones', password: 'a b' },
      { place: 'c.example', user: '', password: 'only' },
      { place: '*', user: 'anonymous', password: 'me@example' },
    ]);
  });

  it('reads back whatever is written in quotes', () => {
    const quoted = (text: string) => `"${text.replace(/["\\]/g, '\\$&')}"`;
    const word = fc.string().filter((text) => !/[\r\n]/.test(text));
    fc.assert(
      fc.property(word, word, (user, password) => {
        const text = `machine a.example\n login ${quoted(user)} password ${quoted(password)}\n`;
        expect(readLogins(text)).toEqual([{ place: 'a.example', user, password }]);
      }),
    );
  });

  it('takes any text without failing', () => {
    const words = fc.constantFrom(
      'machine',
      'login',
      'password',
      'default',
      'macdef',
      '"',
      '#',
      '\n',
      '\n\n',
      ' ',
      'x',
    );
    fc.assert(fc.property(fc.array(words), (all) => Array.isArray(readLogins(all.join(' ')))));
  });
});

describe('loginFor', () => {
  it.each([
    ['https://a.example/x', 'a.example', true],
    ['https://a.example:8443/x', 'a.example', true],
    ['https://a.example/x', 'A.Example', true],
    ['https://b.a.example/x', 'a.example', false],
    ['https://a.example.evil/x', 'a.example', false],
    ['https://a.example/x', 'a.example:443', true],
    ['https://a.example:8443/x', 'a.example:443', false],
    ['https://a.example/debian/x', 'a.example/deb', true],
    ['https://a.example/other/../deb/x', 'a.example/deb', true],
    ['https://a.example/deb/../other/x', 'a.example/deb', false],
    ['https://a.example/x', 'a.example/deb', false],
    ['http://a.example/x', 'a.example', false],
    ['http://a.example/x', 'https://a.example', false],
    ['http://a.example/x', 'http://a.example', true],
    ['https://a.example/x', 'http://a.example', false],
    ['https://a.example/x', '*', true],
    ['http://a.example/x', '*', false],
    ['https://[::1]:8443/x', '[::1]:8443', true],
  ])('%s and machine %s: %s', (url, place, expected) => {
    const login = { place, user: 'me', password: 'secret' };
    expect(loginFor(new URL(url), [login])).toBe(expected ? login : undefined);
  });

  it('takes the first that fits, and of several users the one that the URL names', () => {
    const logins = ['alice', 'bob'].map((user) => ({ place: 'a.example', user, password: `of ${user}` }));
    expect(loginFor(new URL('https://a.example/'), logins)?.user).toBe('alice');
    expect(loginFor(new URL('https://bob@a.example/'), logins)?.user).toBe('bob');
    expect(loginFor(new URL('https://carol@a.example/'), logins)).toBeUndefined();
  });
});
