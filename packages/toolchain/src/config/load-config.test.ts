import { describe, expect, it } from 'vitest';
import { bitmap } from '../configverify/bitmap.test.fixture.js';
import { ToolchainError } from '../errors.js';
import { loadConfig } from './load-config.js';
import { filesIo, loadExample } from './load-example.test.fixture.js';
import type { LoadConfigRequest } from './loaded-config.js';

const HEAD = `image: { name: test, version: "1" }
target: { os: debian, dist: debian12, arch: x86_64, imageType: raw }
`;
/** First line of what a test writes behind HEAD. */
const L = 3;

async function refused(
  files: Readonly<Record<string, string>>,
  request: Partial<LoadConfigRequest> = {},
): Promise<ToolchainError> {
  try {
    await loadConfig({ template: 't.yml', ...request }, filesIo(files));
  } catch (error) {
    if (!(error instanceof ToolchainError)) throw error;
    expect(error.fault).toBe('request');
    return error;
  }
  throw new Error('it was loaded');
}

/** Code and message of a template that begins with HEAD. */
async function refusal(text: string): Promise<string> {
  const error = await refused({ 't.yml': HEAD + text });
  return `${error.code} ${error.message}`;
}

describe('TEMPLATE_INVALID: against the schema', () => {
  it.each([
    [
      'systemConfig:\n  hostnam: x\n',
      `t.yml:${L + 1}:3: unknown key "hostnam" in systemConfig; did you mean "hostname"?`,
    ],
    ['metdata: {}\n', `t.yml:${L}:1: unknown key "metdata"; did you mean "metadata"?`],
    ['zzz: {}\n', `t.yml:${L}:1: unknown key "zzz"`],
    ['hostnam:\n', `t.yml:${L}:1: unknown key "hostnam"`],
    ['__proto__: {}\n', `t.yml:${L}:1: unknown key "__proto__"`],
    [
      'systemConfig:\n  users: [{name: a, pasword: b}]\n',
      `t.yml:${L + 1}:21: unknown key "pasword" in systemConfig.users[0]; did you mean "password"?`,
    ],
    [
      'systemConfig:\n  hostname: 12\n',
      `t.yml:${L + 1}:13: systemConfig.hostname is the number 12, but a text is wanted; put it in quotes: "12"`,
    ],
    ['systemConfig: [a]\n', `t.yml:${L}:15: systemConfig is a list, but a mapping of keys is wanted`],
    [
      'systemConfig:\n  packages: nginx\n',
      `t.yml:${L + 1}:13: systemConfig.packages is "nginx", but a list is wanted`,
    ],
    [
      'systemConfig:\n  packages: [a, ~]\n',
      `t.yml:${L + 1}:17: systemConfig.packages[1] is empty, but a text is wanted`,
    ],
    [
      'systemConfig:\n  recommends: "yes"\n',
      `t.yml:${L + 1}:15: systemConfig.recommends is "yes", but true or false is wanted`,
    ],
    ['disk: {size: [1]}\n', `t.yml:${L}:14: disk.size is a list, but a text or a whole number is wanted`],
    [
      'systemConfig:\n  bootloader: {bootType: uefi}\n',
      `t.yml:${L + 1}:26: systemConfig.bootloader.bootType is "uefi", but must be one of efi, legacy, hybrid; did you mean "efi"?`,
    ],
    [
      'systemConfig:\n  additionalFiles: [{local: a, final: /a, mode: 0644}]\n',
      `t.yml:${L + 1}:49: systemConfig.additionalFiles[0].mode is the number 0644, but a text is wanted; put it in quotes: "0644"`,
    ],
    [
      'systemConfig:\n  additionalFiles: [{local: a}]\n',
      `t.yml:${L + 1}:21: systemConfig.additionalFiles[0] lacks the key "final"`,
    ],
    [
      'systemConfig:\n  additionalFiles: [{local: a, final: /etc/../x}]\n',
      `t.yml:${L + 1}:39: systemConfig.additionalFiles[0].final is "/etc/../x", which does not fit`,
    ],
    [
      'systemConfig:\n  hostname: a_b\n',
      `t.yml:${L + 1}:13: systemConfig.hostname is "a_b", which does not fit`,
    ],
    [
      'systemConfig:\n  users: [{name: Bob}]\n',
      `t.yml:${L + 1}:18: systemConfig.users[0].name is "Bob", which does not fit`,
    ],
    [
      'systemConfig:\n  timezone: "Europe/Berlin;rm"\n',
      `t.yml:${L + 1}:13: systemConfig.timezone is "Europe/Berlin;rm", which does not fit`,
    ],
    [
      'systemConfig:\n  users: [{name: a, passwordMaxAge: -1}]\n',
      `t.yml:${L + 1}:37: systemConfig.users[0].passwordMaxAge is the number -1, less than 0`,
    ],
    [
      'packageRepositories: [{codename: a, url: "https://x", priority: 10000}]\n',
      `t.yml:${L}:65: packageRepositories[0].priority is the number 10000, more than 9999`,
    ],
    ['disk: {partitions: []}\n', `t.yml:${L}:20: disk.partitions is an empty list`],
    ['extends: ""\n', `t.yml:${L}:10: extends is empty`],
  ])('%j', async (text, message) => {
    expect(await refusal(text)).toBe(`TEMPLATE_INVALID ${message}`);
  });

  it('says all at once, each on its line, in the order of the file', async () => {
    const error = await refused({
      't.yml': `${HEAD}systemConfig:\n  hostname: 12\n  pakages: [a]\n  users: [{}]\n`,
    });
    expect(error.message.split('\n')).toEqual([
      `t.yml:${L + 1}:13: systemConfig.hostname is the number 12, but a text is wanted; put it in quotes: "12"`,
      `t.yml:${L + 2}:3: unknown key "pakages" in systemConfig; did you mean "packages"?`,
      `t.yml:${L + 3}:11: systemConfig.users[0] lacks the key "name"`,
    ]);
    expect(error.details).toMatchObject({
      problems: [{ line: L + 1 }, { line: L + 2 }, { line: L + 3, column: 11 }],
    });
  });

  it.each([
    ['[a]\n', 't.yml:1:1: a template is a mapping of keys, this file is a list'],
    ['', 't.yml:1:1: a template is a mapping of keys, this file is empty'],
    ['# nothing\n', 'a template is a mapping of keys, this file is empty'],
    ['text\n', 't.yml:1:1: a template is a mapping of keys, this file is a single value'],
    ['image: {name: a}\n', 't.yml:1:1: the template names no target'],
    [
      'target: {os: debian, dist: debian12, arch: x86_64, imageType: raw}\n',
      'the file lacks the key "image"',
    ],
    [
      'image: {name: a, version: "1"}\ntarget: {os: debian, dist: debian12, arch: x86_64}\n',
      'target lacks the key "imageType"',
    ],
  ])('a file that is no template: %j', async (text, message) => {
    const error = await refused({ 't.yml': text });
    expect(error.code).toBe('TEMPLATE_INVALID');
    expect(error.message).toContain(message);
  });

  it('gives meaning and an example as a hint where only the form is wrong', async () => {
    const error = await refused({ 't.yml': `${HEAD}systemConfig: { locale: klingon }\n` });
    expect(error.hint).toContain('For example "de_DE.UTF-8"');
  });

  it('treats a key without a value as not written', async () => {
    const { config } = await loadConfig(
      { template: 't.yml' },
      filesIo({ 't.yml': `${HEAD}metadata:\nsystemConfig:\n  hostname:\n  packages:\n` }),
    );
    expect(config.system.hostname).toBe('debian');
  });
});

describe('TEMPLATE_SYNTAX', () => {
  it('has file, line and column', async () => {
    expect(await refusal('systemConfig:\n\thostname: x\n')).toContain(
      `TEMPLATE_SYNTAX t.yml:${L + 1}:1: not YAML: Tabs`,
    );
  });
});

describe('extends', () => {
  it('merges root to leaf, over the defaults, with the leaf nearest', async () => {
    const { config, files } = await loadConfig(
      { template: 'a/leaf.yml' },
      filesIo({
        'a/leaf.yml': 'extends: ../b/middle.yml\nimage: { name: leaf }\n',
        'b/middle.yml': 'extends: root.yml\nimage: { name: middle }\nsystemConfig: { hostname: middle }\n',
        'b/root.yml': `${HEAD}systemConfig: { hostname: root, packages: [nginx] }\n`,
      }),
    );
    expect(config.image).toEqual({ name: 'leaf', version: '1' });
    expect(config.system.hostname).toBe('middle');
    expect(config.system.packages).toEqual(expect.arrayContaining(['systemd', 'nginx']));
    expect(files.slice(1)).toEqual(['b/root.yml', 'b/middle.yml', 'a/leaf.yml']);
    expect(files[0]).toMatch(/os\/debian\/debian12\/defaults\/raw\.yml$/);
  });

  it('TEMPLATE_NOT_FOUND at the key that named the file', async () => {
    const error = await refused({ 't.yml': 'extends: b.yml\n', 'b.yml': '# base\nextends:   ../gone.yml\n' });
    expect(error.code).toBe('TEMPLATE_NOT_FOUND');
    expect(error.message).toBe(
      'b.yml:2:12: cannot read ../gone.yml, which this extends: there is no such file',
    );
  });

  it('TEMPLATE_NOT_FOUND for the template itself', async () => {
    const error = await refused({}, { template: 'nowhere/t.yml' });
    expect(`${error.code} ${error.message}`).toBe(
      'TEMPLATE_NOT_FOUND cannot read the template nowhere/t.yml: there is no such file',
    );
  });

  it('TEMPLATE_NOT_FOUND for a folder', async () => {
    const error = await refused({}, { template: 'packages' });
    expect(error.code).toBe('TEMPLATE_NOT_FOUND');
  });

  it('TEMPLATE_CYCLE names the chain', async () => {
    const error = await refused({
      't.yml': 'extends: x/a.yml\n',
      'x/a.yml': 'extends: b.yml\n',
      'x/b.yml': 'extends: ../t.yml\n',
    });
    expect(error.code).toBe('TEMPLATE_CYCLE');
    expect(error.message).toBe(
      'x/b.yml:1:10: extends comes back to itself: t.yml → x/a.yml → x/b.yml → t.yml',
    );
  });

  it('TEMPLATE_CYCLE for a file that extends itself, and for a chain without an end', async () => {
    expect((await refused({ 't.yml': 'extends: ./t.yml\n' })).message).toContain('t.yml → t.yml');
    const files = Object.fromEntries(
      Array.from({ length: 50 }, (_, n) => [`${n}.yml`, `extends: ${n + 1}.yml\n`]),
    );
    const error = await refused(files, { template: '0.yml' });
    expect(error.code).toBe('TEMPLATE_CYCLE');
    expect(error.message).toContain('a chain of more than 32 files');
  });

  it('blames the file that the fault is in', async () => {
    const error = await refused({
      't.yml': 'extends: b.yml\n',
      'b.yml': `${HEAD}systemConfig: { hostnam: x }\n`,
    });
    expect(error.message).toContain(`b.yml:${L}:17: unknown key "hostnam"`);
  });
});

describe('TEMPLATE_UNSUPPORTED', () => {
  it.each([
    [
      'systemConfig:\n  immutability: { enabled: true }\n',
      `t.yml:${L + 1}:28: "systemConfig.immutability.enabled: true" is not supported yet: this version makes writable roots only`,
    ],
    [
      'systemConfig:\n  fde: { enabled: true }\n',
      `t.yml:${L + 1}:19: "systemConfig.fde.enabled: true" is not supported yet: this version encrypts nothing`,
    ],
    [
      'systemConfig:\n  users: [{name: a, password: x, hash_algo: yescrypt}]\n',
      `t.yml:${L + 1}:45: plain text cannot be hashed with yescrypt, only with sha512`,
    ],
  ])('%j', async (text, message) => {
    expect(await refusal(text)).toBe(`TEMPLATE_UNSUPPORTED ${message}`);
  });

  it('other values of the same keys are fine', async () => {
    await loadExample({
      systemConfig: { immutability: { enabled: false }, fde: { enabled: false } },
    });
  });

  it('an image type without defaults is refused as what it is, not as an incomplete template', async () => {
    const error = await refused({ 't.yml': HEAD.replace('raw', 'iso') });
    expect(`${error.code} ${error.message}`).toBe(
      'TEMPLATE_UNSUPPORTED t.yml:2:64: "target.imageType: iso" is not supported yet: this version makes no installers',
    );
  });

  it('an architecture that the target is not offered for', async () => {
    const error = await refused({ 't.yml': HEAD.replace('x86_64', 'aarch64') });
    expect(`${error.code} ${error.message}`).toBe(
      'TEMPLATE_UNSUPPORTED t.yml:2:45: Debian 12 (bookworm) is not offered for aarch64',
    );
  });
});

describe('users', () => {
  it.each([
    ['{ name: a, password: "" }', 'the password of "a" is empty, which would let anybody in without one'],
    ['{ name: a, password: "!" }', 'the password of "a" is the mark of a locked password'],
    [
      "{ name: a, password: '$6$salt$short' }",
      'the password of "a" begins as a sha512 hash but is none that can be used',
    ],
    ['{ name: a }, { name: a }', 'the user "a" is there twice'],
  ])('%s', async (users, message) => {
    expect(await refusal(`systemConfig: { users: [${users}] }\n`)).toContain(`t.yml:${L}:46: ${message}`);
  });

  it('a plain password is nowhere in what is loaded; its hash is the same every time, and another for another user', async () => {
    const users = [
      { name: 'a', password: 'correct horse' },
      { name: 'b', password: 'correct horse' },
    ];
    const [first, second] = [
      await loadExample({ systemConfig: { users } }),
      await loadExample({ systemConfig: { users } }),
    ];
    expect(JSON.stringify(first)).not.toContain('correct horse');
    expect(first.config).toEqual(second.config);
    const [a, b] = first.config.system.users.map(({ passwordHash }) => passwordHash);
    expect(a).toMatch(/^\$6\$[./0-9A-Za-z]{16}\$[./0-9A-Za-z]{86}$/);
    expect(a).not.toBe(b);
    expect(first.document).toMatchObject({ systemConfig: { users: [{ password: a }, { password: b }] } });
  });

  it('no error repeats a password', async () => {
    expect(await refusal('systemConfig: { users: [{ name: a, password: 123456 }] }\n')).not.toContain(
      '123456',
    );
    expect(await refusal("systemConfig: { users: [{ name: a, password: '$6$hunter2' }] }\n")).not.toContain(
      'hunter2',
    );
  });
});

describe('TEMPLATE_NOT_FOUND: files that the template names', () => {
  it('at the key, relative to the file that it stands in', async () => {
    const error = await refused({
      't.yml': 'extends: base/b.yml\n',
      'base/b.yml': `${HEAD}systemConfig:\n  additionalFiles:\n    - { local: files/motd, final: /etc/motd }\n`,
      'files/motd': 'not this one',
    });
    expect(error.code).toBe('TEMPLATE_NOT_FOUND');
    expect(error.message).toMatch(
      new RegExp(`^base/b\\.yml:${L + 2}:16: there is no file /.*/base/files/motd$`),
    );
  });

  it('takes files and folders; a key file must be a file', async () => {
    const files = { 'f/motd': 'hello', 'keys/k.asc': 'key' };
    const additionalFiles = [
      { local: 'f/motd', final: '/etc/motd', mode: '0640', owner: 'root:adm' },
      { local: 'f', final: '/opt' },
    ];
    const { config } = await loadExample({ systemConfig: { additionalFiles } }, {}, files);
    expect(config.system.additionalFiles.slice(-2)).toEqual([
      { local: `${process.cwd()}/f/motd`, final: '/etc/motd', mode: 0o640, owner: 'root:adm' },
      { local: `${process.cwd()}/f`, final: '/opt', mode: undefined, owner: undefined },
    ]);
    const repository = { codename: 'x', url: 'https://e.example/apt', pkey: 'keys' };
    await expect(loadExample({ packageRepositories: [repository] }, {}, files)).rejects.toMatchObject({
      code: 'TEMPLATE_NOT_FOUND',
      message: expect.stringMatching(/keys is a folder, a file is wanted$/),
    });
  });
});

describe('systemConfig.kernel.splash', () => {
  const splash = (files: Readonly<Record<string, string>>) =>
    loadExample({ systemConfig: { kernel: { uki: true, splash: 'splash.bmp' } } }, {}, files);

  it('is a picture that can be drawn before there is a system', async () => {
    const { config } = await splash({ 'splash.bmp': bitmap().toString('latin1') });
    expect(config.system.kernel.splash).toBe(`${process.cwd()}/splash.bmp`);
    await expect(splash({ 'splash.bmp': 'GIF89a' })).rejects.toMatchObject({
      code: 'TEMPLATE_INVALID',
      message: expect.stringMatching(
        /splash\.bmp cannot be shown while the image starts: it is no BMP file$/,
      ),
    });
    await expect(splash({})).rejects.toMatchObject({ code: 'TEMPLATE_NOT_FOUND' });
  });
});

describe('--set', () => {
  it('is nearest of all, and can choose the target', async () => {
    const { config } = await loadExample(
      { systemConfig: { hostname: 'a' } },
      {
        set: [
          'systemConfig.hostname=b',
          'target.dist=debian13',
          'systemConfig.users=[{name: x}]',
          'systemConfig.users[0].sudo=true',
        ],
      },
    );
    expect(config.system).toMatchObject({ hostname: 'b', users: [{ name: 'x', sudo: true }] });
    expect(config.repositories[0]?.suites).toEqual(['trixie', 'trixie-updates']);
  });

  it('is held against the schema; the error names the flag', async () => {
    const error = await refused({ 't.yml': HEAD }, { set: ['systemConfig.hostname=a_b'] });
    expect(`${error.code} ${error.message}`).toBe(
      'TEMPLATE_INVALID --set systemConfig.hostname: systemConfig.hostname is "a_b", which does not fit',
    );
    const target = await refused({ 't.yml': HEAD }, { set: ['target.dist=debian99'] });
    expect(`${target.code} ${target.message}`).toBe(
      'TARGET_UNKNOWN --set target.dist: there is no target debian/debian99; did you mean debian/debian12?',
    );
  });
});

describe('positionOf', () => {
  it('tells where a value of the document was written', async () => {
    const loaded = await loadConfig(
      { template: 't.yml' },
      filesIo({ 't.yml': `${HEAD}systemConfig:\n  hostname: x\n` }),
    );
    expect(loaded.positionOf(['systemConfig', 'hostname'])).toEqual({
      file: 't.yml',
      line: L + 1,
      column: 13,
    });
    expect(loaded.positionOf(['systemConfig', 'kernel', 'cmdline']).file).toMatch(/defaults\/raw\.yml$/);
  });
});
