import { expect, it } from 'vitest';
import { makeTar } from '../testing/tar.js';
import { md5sumsOf } from './md5sums.js';

it('has regular files and hard links in the order of the archive, without what went to others', () => {
  const data = makeTar([
    { path: '', type: 'directory' },
    { path: 'b', data: 'abc' },
    { path: 'a' },
    { path: 'link', type: 'symlink', linkTarget: 'b' },
    { path: 'hard', type: 'hardlink', linkTarget: './b' },
    { path: 'lost', data: 'y' },
  ]);
  const list = ['/.', '/b', '/a', '/hard', '/link'];
  // RFC 1321, A.5
  expect(md5sumsOf({ data, list })).toBe(
    '900150983cd24fb0d6963f7d28e17f72  b\nd41d8cd98f00b204e9800998ecf8427e  a\n900150983cd24fb0d6963f7d28e17f72  hard\n',
  );
});
