import { expect, it } from 'vitest';
import { createTranscript } from './transcript.js';

const NAMES = ['base-1-1.noarch', 'app-2:1-1.x86_64'];

/** Lines of standard error begin with `!`. */
function read(...lines: readonly string[]) {
  const transcript = createTranscript(NAMES);
  const begun = lines.flatMap((line) => {
    const stream = line.startsWith('!') ? 'stderr' : 'stdout';
    return transcript.read(line.replace(/^!/, ''), stream) ?? [];
  });
  return { begun, failures: transcript.failures, complaints: transcript.complaints };
}

it('tells which package is installed, each once', () => {
  const { begun } = read('Preparing packages...', 'base-1-1.noarch', 'base-1-1.noarch', '!app-2:1-1.x86_64');
  expect(begun).toEqual(['base-1-1.noarch']);
});

it.each([
  ['warning: %post(app-2:1-1.x86_64) scriptlet failed, exit status 3', 'post', 'exit status 3'],
  ['error: %prein(app-2:1-1.x86_64) scriptlet failed, signal 9', 'prein', 'signal 9'],
  ['warning: %triggerin(app-2:1-1.x86_64) scriptlet failed, exit status 1', 'triggerin', 'exit status 1'],
])('%s', (line, scriptlet, end) => {
  const { failures } = read('app-2:1-1.x86_64', 'trying', '!cannot', `!${line}`);
  expect(failures).toEqual([{ scriptlet, package: 'app-2:1-1.x86_64', end, lastWords: 'trying\ncannot' }]);
});

it('quotes only what came after the package began, and after an earlier failure, ten lines at most', () => {
  const failed = '!warning: %post(x) scriptlet failed, exit status 1';
  const many = [...Array(20).keys()].map(String);
  const { failures } = read('before', 'base-1-1.noarch', 'own', failed, failed, ...many, failed);
  expect(failures.map(({ lastWords }) => lastWords)).toEqual(['own', '', many.slice(10).join('\n')]);
});

it('keeps the other complaints of rpm, not those of scriptlets on their standard output', () => {
  const { complaints } = read(
    '!warning: user nobody2 does not exist - using root',
    'error: said a scriptlet',
    '!error: Failed dependencies:',
    '!\tx is needed by y',
    '!\tz conflicts with y',
    ' of a scriptlet',
  );
  expect(complaints).toEqual([
    'user nobody2 does not exist - using root',
    'Failed dependencies:\n\tx is needed by y\n\tz conflicts with y',
  ]);
});

it('keeps the problems of a set, which come before any package, and no such lines later', () => {
  const { complaints } = read(
    'Preparing packages...',
    '!\tfile /f conflicts between attempted installs of a and b',
    '!\tfile /g conflicts between attempted installs of a and b',
    'base-1-1.noarch',
    '!\tof a scriptlet',
  );
  expect(complaints).toEqual([
    'file /f conflicts between attempted installs of a and b\n\tfile /g conflicts between attempted installs of a and b',
  ]);
});
