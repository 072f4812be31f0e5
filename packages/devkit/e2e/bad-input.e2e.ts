import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import type { IcResult } from '../src/composer.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { setStage } from './stage.js';

const skipped = await lackingPackages(['openssl']);
const program = fileURLToPath(new URL('../../cli/bin/ic.js', import.meta.url));

describe.skipIf(skipped !== '')(`bad input${skipped}`, () => {
  const stage = setStage('bad-input', skipped);
  let number = 0;

  beforeAll(async () => {
    await chmod(stage.folder, 0o755);
  });

  /** Writes files (the first is the template), builds, and sees that nothing came out. */
  async function build(
    files: Readonly<Record<string, string>>,
    args: readonly string[] = stage.composer.mirrorArguments,
  ): Promise<IcResult> {
    number += 1;
    const place = join(stage.folder, String(number));
    await mkdir(place);
    for (const [name, text] of Object.entries(files)) await writeFile(join(place, name), text);
    const [template = ''] = Object.keys(files);
    const result = await stage.composer.ic(
      ['build', template, '--output-dir', 'out', '--cache-dir', stage.composer.cacheDir, ...args],
      { cwd: place },
    );
    expect(result.stdout).toBe('');
    expect(existsSync(join(place, 'out')) ? await readdir(join(place, 'out')) : []).toEqual([]);
    return result;
  }

  /** The paragraph of the error: from `error[` on, one message and one hint, no stack. */
  function paragraph({ stderr }: IcResult): string {
    const text = stderr.slice(stderr.indexOf('error['));
    expect(text).not.toMatch(/\n\s+at /);
    return text;
  }

  const changed = (from: string | RegExp, to: string) => SMALL_TEMPLATE.replace(from, to);

  it.each([
    ['an unknown key', changed('hostname:', 'hostnam:'), 'TEMPLATE_INVALID', /t\.yml:\d+:\d+.*hostname/s],
    ['a wrong type', changed('hostname: small', 'hostname: [small]'), 'TEMPLATE_INVALID', /t\.yml:\d+:\d+/],
    ['no YAML', changed('hostname: small', 'hostname: "small'), 'TEMPLATE_SYNTAX', /t\.yml:\d+:\d+/],
    [
      'a file that is not there',
      `${SMALL_TEMPLATE}  additionalFiles: [{ local: nowhere.txt, final: /etc/x }]\n`,
      'TEMPLATE_NOT_FOUND',
      /t\.yml:\d+:\d+.*nowhere\.txt/s,
    ],
    [
      'a missing parent',
      `extends: nowhere.yml\n${SMALL_TEMPLATE}`,
      'TEMPLATE_NOT_FOUND',
      /t\.yml:1:\d+.*nowhere\.yml/s,
    ],
    [
      'partitions that overlap',
      changed('{ id: root,', '{ start: 10MiB, id: root,'),
      'PARTITION_OVERLAP',
      /"esp".*"root"|"root".*"esp"/s,
    ],
  ])('says of %s where it is', async (_, text, code, message) => {
    const result = await build({ 't.yml': text });
    expect(paragraph(result)).toMatch(message);
    expect([paragraph(result).split(':')[0], result.status]).toEqual([`error[${code}]`, 2]);
  });

  it('says of a cycle which files it goes through', async () => {
    const result = await build({
      'a.yml': `extends: b.yml\n${SMALL_TEMPLATE}`,
      'b.yml': 'extends: a.yml\n',
    });
    expect(result.status).toBe(2);
    expect(paragraph(result)).toMatch(/^error\[TEMPLATE_CYCLE\]: .*a\.yml.*b\.yml/s);
  });

  it('names packages near an unknown one', async () => {
    const result = await build({ 't.yml': `${SMALL_TEMPLATE}  packages: [openssh-sever]\n` });
    expect(result.status).toBe(2);
    expect(paragraph(result)).toMatch(/^error\[PACKAGE_UNKNOWN\]: .*openssh-sever.*openssh-server/s);
  });

  it('says why packages cannot be together', async () => {
    const result = await build({
      't.yml': `${SMALL_TEMPLATE}  packages: [systemd-sysv, sysvinit-core]\n`,
    });
    expect(result.status).toBeGreaterThan(0);
    expect(paragraph(result)).toMatch(/^error\[PACKAGE_UNSOLVABLE\]: .*sysvinit-core/s);
  });

  it('names a mirror that does not answer', async () => {
    const result = await build({ 't.yml': SMALL_TEMPLATE }, [
      ...['--mirror', 'debian=https://127.0.0.1:9/debian'],
      ...['--mirror', 'debian-security=https://127.0.0.1:9/debian-security'],
    ]);
    expect(result.status).toBe(1);
    expect(paragraph(result)).toMatch(/^error\[REPOSITORY_UNREACHABLE\]: .*debian.*127\.0\.0\.1:9/s);
  }, 300_000);

  it('says how much a disk that is too small would need, and that is enough', async () => {
    const small = changed('size: 700MiB', 'size: 300MiB');
    const result = await build({ 't.yml': small });
    expect(paragraph(result)).toMatch(/^error\[DISK_TOO_SMALL\]: .*\d+ MiB/s);
    expect(result.status).toBeGreaterThan(0);
    const [, need] = /needs?\D*(\d+) MiB/.exec(paragraph(result)) ?? [];
    const place = join(stage.folder, 'enough');
    await mkdir(place);
    // Partitions are aligned to 1 MiB; the table takes one at each end, the ESP has 64.
    const enough = changed('size: 700MiB', `size: ${Number(need) + 66}MiB`);
    await writeFile(join(place, 't.yml'), enough);
    const args = ['build', 't.yml', '--output-dir', 'out', '--cache-dir', stage.composer.cacheDir];
    const again = await stage.composer.ic([...args, ...stage.composer.mirrorArguments], { cwd: place });
    expect(again.status, again.stderr).toBe(0);
  });

  it.skipIf(process.getuid?.() !== 0)('says where a disk is full', async () => {
    const place = join(stage.folder, 'full');
    await mkdir(join(place, 'work'), { recursive: true });
    await writeFile(join(place, 't.yml'), SMALL_TEMPLATE);
    const mounted = 'mount -t tmpfs -o size=16m none work && exec "$@"';
    const result = await new Promise<{ status: number | null; stderr: string }>((resolve) => {
      const child = spawn(
        'unshare',
        [
          ...['--mount', 'sh', '-c', mounted, 'sh', process.execPath, program, 'build', 't.yml'],
          ...['--output-dir', 'out', '--work-dir', 'work', '--cache-dir', stage.composer.cacheDir],
          ...stage.composer.mirrorArguments,
        ],
        {
          cwd: place,
          stdio: ['ignore', 'ignore', 'pipe'],
          env: { ...process.env, NODE_EXTRA_CA_CERTS: stage.composer.mirror.certificates.caFile },
        },
      );
      let stderr = '';
      child.stderr.on('data', (chunk) => {
        stderr += String(chunk);
      });
      child.once('close', (status) => resolve({ status, stderr }));
    });
    expect(paragraph({ ...result, stdout: '' })).toMatch(/^error\[DISK_FULL\]: .*\nhint: /s);
    expect(result.status).toBe(1);
    expect(existsSync(join(place, 'out')) ? await readdir(join(place, 'out')) : []).toEqual([]);
  });

  it.skipIf(process.getuid?.() !== 0)('says what a user without sub-uids must do', async () => {
    const place = join(stage.folder, 'nobody');
    await mkdir(place, { mode: 0o777 });
    await chmod(place, 0o777);
    await writeFile(join(place, 't.yml'), SMALL_TEMPLATE);
    const result = await stage.composer.ic(
      ['build', 't.yml', '--output-dir', 'out', '--cache-dir', 'cache', ...stage.composer.mirrorArguments],
      { cwd: place, user: { uid: 65_534, gid: 65_534, home: place } },
    );
    expect(paragraph(result)).toMatch(/^error\[HOST_UNFIT\]: .*namespaces.*\nhint: /s);
    expect(result.status).toBe(1);
    expect(await readdir(place)).toEqual(['t.yml']);
  });
});
