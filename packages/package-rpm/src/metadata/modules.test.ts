import { describe, expect, it } from 'vitest';
import { hasSharedRepository, sharedModules } from '../testing/shared-repository.js';
import { readModularArtifacts } from './modules.js';

describe('readModularArtifacts', () => {
  it.each([
    [
      'lists at the indentation of their key',
      'data:\n  artifacts:\n    rpms:\n    - a-0:1-1.x86_64\n',
      ['a-0:1-1.x86_64'],
    ],
    [
      'lists that are indented',
      'data:\n    artifacts:\n        rpms:\n          - a-0:1-1.x86_64\n          - "b-2:1-1.noarch"\n',
      ['a-0:1-1.x86_64', 'b-2:1-1.noarch'],
    ],
    [
      'lists in brackets',
      "data:\n  artifacts: {rpms: [a-0:1-1.x86_64, 'b-2:1-1.noarch']}\n",
      ['a-0:1-1.x86_64', 'b-2:1-1.noarch'],
    ],
    [
      'lists in brackets below',
      'data:\n  artifacts:\n    rpms: [a-0:1-1.x86_64, b-2:1-1.noarch]\n',
      ['a-0:1-1.x86_64', 'b-2:1-1.noarch'],
    ],
    [
      'nothing of what comes after',
      'data:\n  artifacts:\n    rpms:\n    - a-0:1-1.x\n  api:\n    - b-0:1-1.x\n',
      ['a-0:1-1.x'],
    ],
    [
      'all documents',
      '---\n  artifacts:\n  - a-0:1-1.x\n...\n---\n  artifacts:\n  - b-0:1-1.x\n',
      ['a-0:1-1.x', 'b-0:1-1.x'],
    ],
    ['lines of descriptions not', 'data:\n  description: >-\n    artifacts:\n  api:\n   - a-0:1-1.x\n', []],
    ['nothing in nothing', '', []],
  ])('reads %s', (_title, text, artifacts) => {
    expect([...readModularArtifacts(text)]).toEqual(artifacts);
  });

  it('passes over a long word as fast as over many short ones', () => {
    const started = performance.now();
    const text = `data:\n  artifacts:\n    - ${'a-1'.repeat(50_000)}\n    - ${'-'.repeat(100_000)}1\n`;
    expect(readModularArtifacts(text).size).toBe(0);
    expect(performance.now() - started).toBeLessThan(1_000);
  });

  it.skipIf(!hasSharedRepository('appstream'))('finds the 1,044 artifacts of AppStream', async () => {
    expect(readModularArtifacts(await sharedModules('appstream')).size).toBe(1044);
  });
});
