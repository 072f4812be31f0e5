import { describe, expect, it } from 'vitest';
import { parseOsRelease } from './os-release.js';

describe('parseOsRelease', () => {
  const cases = [
    {
      name: 'Debian 12',
      text: 'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nNAME="Debian GNU/Linux"\nVERSION_ID="12"\nID=debian\n',
      expected: { id: 'debian', idLike: [], version: '12', prettyName: 'Debian GNU/Linux 12 (bookworm)' },
    },
    {
      name: 'Ubuntu 24.04',
      text: 'PRETTY_NAME="Ubuntu 24.04.1 LTS"\nVERSION_ID="24.04"\nID=ubuntu\nID_LIKE=debian\n',
      expected: { id: 'ubuntu', idLike: ['debian'], version: '24.04', prettyName: 'Ubuntu 24.04.1 LTS' },
    },
    {
      name: 'single quotes, comments, several parents',
      text: '# a comment\nID=\'rocky\'\nID_LIKE="rhel centos fedora"\n',
      expected: {
        id: 'rocky',
        idLike: ['rhel', 'centos', 'fedora'],
        version: '',
        prettyName: 'Linux',
      },
    },
    {
      name: 'escapes',
      text: 'PRETTY_NAME="A \\"B\\" \\$C"\n',
      expected: { id: 'linux', idLike: [], version: '', prettyName: 'A "B" $C' },
    },
    { name: 'nothing', text: '', expected: { id: 'linux', idLike: [], version: '', prettyName: 'Linux' } },
  ];
  it.each(cases)('$name', ({ text, expected }) => {
    expect(parseOsRelease(text)).toEqual(expected);
  });
});
