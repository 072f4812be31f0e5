import { describe, expect, it } from 'vitest';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { osIdentity } from './os-identity.js';

describe('osIdentity', () => {
  it.each<[string, { title: string; token: string }]>([
    [
      'PRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\nID=debian\n',
      { title: 'Debian GNU/Linux 12 (bookworm)', token: 'debian' },
    ],
    ['ID="Edge Microvisor Toolkit"\n', { title: 'Linux', token: 'edge-microvisor-toolkit' }],
    ["ID=azurelinux\nIMAGE_ID='os.guard'\nPRETTY_NAME='A \"B\"'\n", { title: 'A "B"', token: 'os.guard' }],
    ['PRETTY_NAME="a \\"b\\" \\$c"\nVERSION_ID=1\nID=../x\n', { title: 'a "b" $c', token: 'x' }],
    ['', { title: 'Linux', token: 'linux' }],
  ])('reads %j', async (text, expected) => {
    expect(
      await osIdentity(
        makeTree({ 'usr/lib/os-release': text, 'etc/os-release': '-> ../usr/lib/os-release' }),
      ),
    ).toEqual(expected);
    expect(await osIdentity(makeTree({ 'usr/lib/os-release': text }))).toEqual(expected);
  });
});
