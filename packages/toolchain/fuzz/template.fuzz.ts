/** Templates: what people write, and what they are sent. */
import { it } from 'vitest';
import { type FuzzTarget, fuzzRun, runFuzz } from '../../devkit/src/fuzz/index.js';
import { readYaml } from '../src/configparse/read-yaml.js';

const TEMPLATE = `# a template
extends: base.yml
image: {name: edge, version: '1.0'}
target: &target
  os: debian
  dist: debian12
  imageType: raw
systemConfig:
  packages: [openssh-server, "vim", linux-*]
  kernel:
    cmdline: >-
      console=ttyS0
      quiet
  configurations:
    - cmd: |
        echo "a: b"
  more: *target
`;

const template: FuzzTarget = {
  name: 'template',
  inputs: 10_000,
  seeds: [Buffer.from(TEMPLATE)],
  words: [
    ...[
      ': ',
      '- ',
      '\n',
      '\n  ',
      '\t',
      '{',
      '}',
      '[',
      ']',
      '[[[[[[',
      '&a ',
      '*a',
      '*target',
      '<<: ',
      '!!binary ',
    ],
    ...[
      '? ',
      '|',
      '>',
      "'",
      '"',
      '\\u',
      '---\n',
      '...\n',
      '%YAML 1.1\n',
      '#',
      '__proto__: ',
      '\ufeff',
      '\0',
      ',',
    ],
  ],
  codes: ['TEMPLATE_SYNTAX', 'TEMPLATE_INVALID'],
  read: (input) => readYaml(input.toString('utf8'), 'template.yml'),
  nanosecondsPerByte: 15_000,
};

it('template', async () => {
  console.log(await runFuzz(template, fuzzRun(process.env)));
});
