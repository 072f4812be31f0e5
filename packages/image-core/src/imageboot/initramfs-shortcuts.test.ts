import { execFileSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { has } from '../imagedisk/disk.test.fixture.js';
import { makeTree } from '../imageos/image-fixture.test.helper.js';
import { initramfsShortcuts } from './initramfs-shortcuts.js';

const SHELLS = ['dash', 'bash'].filter((shell) => has(shell));
const env = { PATH: '/usr/bin:/bin', LC_ALL: 'C' };

function shell(program: string, script: string, input = ''): string {
  // bash takes a socket as standard input for a remote login and would read somebody's .bashrc.
  const options = program === 'bash' ? ['--norc'] : [];
  return execFileSync(program, [...options, '-c', script], {
    ...{ env, input, encoding: 'utf8' },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
}

/** What each line of a script prints, with and without the functions. */
function both(program: string, lines: readonly string[], cwd: string) {
  const file = join(cwd, 'shortcuts');
  writeFileSync(file, initramfsShortcuts([]));
  const body = lines.map((line) => `${line} 2>/dev/null; echo "= $?"`).join('\n');
  return {
    fast: shell(program, `. '${file}'\ncd '${cwd}'\n${body}`),
    slow: shell(program, `cd '${cwd}'\n${body}`),
  };
}

describe.skipIf(SHELLS.length < 2)('initramfsShortcuts', () => {
  it.each(SHELLS)('answers what realpath, readlink and mkdir would, in %s', (program) => {
    const root = makeTree({
      'usr/lib/a.ko': '',
      lib: '-> usr/lib',
      'usr/link': '-> lib/a.ko',
      'usr/absolute': '-> /bin',
      'usr/broken': '-> nowhere',
      'usr/with space': '',
    });
    const part = fc.constantFrom(
      'usr',
      'lib',
      'a.ko',
      'link',
      'absolute',
      'broken',
      'with space',
      'none',
      '.',
      '..',
      '',
    );
    const path = fc
      .tuple(
        fc.constantFrom(root, `/${root}`, `//${root}`, '', '.', '/bin', '/'),
        fc.array(part, { maxLength: 5 }),
      )
      .map(([start, parts]) => [start, ...parts].join('/'));
    const certain = [
      'none/x',
      'none',
      'usr/lib/a.ko',
      'usr/lib/a.ko/x',
      'lib/a.ko',
      'usr/link',
      'usr/broken',
    ];
    const paths = [
      ...['/bin', '/', '/lib/', '', ...certain.map((each) => `${root}/${each}`)],
      ...fc.sample(path, { numRuns: 50, seed: 1 }),
    ];
    const lines = paths.flatMap((each) =>
      ['realpath -ms', 'realpath -s', 'realpath', 'readlink -f', 'readlink'].map(
        (command) => `${command} '${each}'`,
      ),
    );
    const folders = ['usr', 'new/deep', 'new/deep', 'lib/x', 'usr/link', 'usr/broken', '"with space"/x'];
    lines.push(...folders.map((each) => `rm -rf new; mkdir -p ${each}; mkdir ${each}; mkdir -p ${each} new`));
    const { fast, slow } = both(program, lines, root);
    expect(fast).toBe(slow);
  });

  it('answers without starting a program where it can', () => {
    const root = makeTree({ shortcuts: initramfsShortcuts([]), 'usr/a': '' });
    const script = `bin_folder=x; . '${root}/shortcuts'; PATH=/nowhere
      realpath -ms '/${root}/usr/a'; realpath -s '${root}/usr/a'; readlink -f '${root}/usr/a'; mkdir -p '${root}/usr'; echo $?`;
    expect(shell('dash', script)).toBe(`${`${root}/usr/a\n`.repeat(3)}0\n`);
  });

  it.each(SHELLS)('passes the cpio through, from a file or standard input, in %s', (program) => {
    const root = makeTree({ shortcuts: initramfsShortcuts([]), '-cpio': 'from a file' });
    const load = `. '${root}/shortcuts'; command -v zstd;`;
    expect(shell(program, `${load} zstd -q -9 -c '${root}/-cpio'`)).toBe('zstd\nfrom a file');
    expect(shell(program, `${load} zstd -q -9 -c`, 'from standard input')).toBe('zstd\nfrom standard input');
  });

  it.each<[string, string[], string]>([
    ['MODULES=dep RESUME=auto FSTYPE=auto', ['ext4'], 'most none ext4'],
    ['MODULES=list RESUME=UUID=1 FSTYPE=auto', [], 'list UUID=1 auto'],
    ['MODULES=most RESUME= FSTYPE=auto', ['ext4', 'xfs', '$(x)'], 'most none ext4,xfs'],
  ])('takes nothing from the build host: %s with %j', (settings, types, expected) => {
    const root = makeTree({ shortcuts: initramfsShortcuts(types) });
    expect(
      shell(
        'dash',
        `${settings}; . '${root}/shortcuts'; echo $MODULES $RESUME $FSTYPE`.replaceAll(/ (?=[A-Z]+=)/g, '; '),
      ),
    ).toBe(`${expected}\n`);
  });
});
