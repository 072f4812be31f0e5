import { execFileSync, spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { cryptSalt, sha512Crypt } from './sha512-crypt.js';

/** The test vectors of the specification's reference source, https://www.akkadia.org/drepper/SHA-crypt.txt. */
const VECTORS: readonly [string, number | undefined, string, string][] = [
  [
    'saltstring',
    undefined,
    'Hello world!',
    '$6$saltstring$svn8UoSVapNtMuq1ukKS4tPQd8iKwSMHWjl/O817G3uBnIFNjnQJuesI68u4OTLiBFdcbYEdFCoEOfaS35inz1',
  ],
  [
    'saltstringsaltstring',
    10000,
    'Hello world!',
    '$6$rounds=10000$saltstringsaltst$OW1/O6BYHV6BcXZu8QVeXbDWra3Oeqh0sbHbbMCVNSnCM/UrjmM0Dp8vOuZeHBy/YTBmSK6H9qs/y3RnOaw5v.',
  ],
  [
    'toolongsaltstring',
    5000,
    'This is just a test',
    '$6$rounds=5000$toolongsaltstrin$lQ8jolhgVRVhY4b5pZKaysCLi0QBxGoNeKQzQ3glMhwllF7oGDZxUhx1yxdYcz/e1JSbq3y6JMxxl8audkUEm0',
  ],
  [
    'anotherlongsaltstring',
    1400,
    'a very much longer text to encrypt.  This one even stretches over morethan one line.',
    '$6$rounds=1400$anotherlongsalts$POfYwTEok97VWcjxIiSOjiykti.o/pQs.wPvMxQ6Fm7I6IoYN3CmLs66x9t0oSwbtEW7o7UmJEiDwGqd8p4ur1',
  ],
  [
    'short',
    77777,
    'we have a short salt string but not a short password',
    '$6$rounds=77777$short$WuQyW2YR.hBNpjjRhpYD/ifIw05xdfeEyQoMxIXbkvr0gge1a1x3yRULJ5CCaUeOxFmtlcGZelFl5CxtgfiAc0',
  ],
  [
    'asaltof16chars..',
    123456,
    'a short string',
    '$6$rounds=123456$asaltof16chars..$BtCwjqMJGx5hrJhZywWvt0RLE8uZ4oPwcelCjmw2kSYu.Ec6ycULevoBK25fs2xXgMNrCzIMVcgEJAstJeonj1',
  ],
  [
    'roundstoolow',
    10,
    'the minimum number is still observed',
    '$6$rounds=1000$roundstoolow$kUMsbe306n21p9R.FRkW3IGn.S9NPN0x50YhH1xhLsPuWGsUSklZt58jaTfF4ZEQpyUNGc0dqbpBYYBaHHrsX.',
  ],
];

describe('sha512Crypt', () => {
  it.each(VECTORS)('salt %s, rounds %s: %s', (salt, rounds, password, hash) => {
    expect(sha512Crypt(password, salt, rounds)).toBe(hash);
  });

  const openssl = spawnSync('openssl', ['version']).status === 0;
  it.skipIf(!openssl)(
    'agrees with openssl passwd -6 on passwords of every length and of other scripts',
    () => {
      for (const password of ['a', 'ü→𝄞', 'x'.repeat(63), 'y'.repeat(64), 'z'.repeat(65), 'w'.repeat(200)]) {
        const theirs = execFileSync('openssl', ['passwd', '-6', '-salt', 'Seed.Salt/01', '-stdin'], {
          input: `${password}\n`,
        });
        expect(sha512Crypt(password, 'Seed.Salt/01')).toBe(theirs.toString().trim());
      }
    },
  );
});

describe('cryptSalt', () => {
  it('writes 16 characters of the crypt alphabet', () => {
    expect(cryptSalt(Uint8Array.from({ length: 32 }, (_, index) => index + 10))).toBe('89ABCDEFGHIJKLMN');
    expect(cryptSalt(new Uint8Array(32))).toBe('................');
    expect(cryptSalt(new Uint8Array(32).fill(63))).toBe('zzzzzzzzzzzzzzzz');
  });
});
