import { readFile, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltImage, buildImage } from '../src/build-image.js';
import { lackingPackages } from '../src/lacking-packages.js';
import { debugfs } from '../src/read-disk.js';
import { partition } from './image-checks.js';
import { SMALL_TEMPLATE } from './small-template.js';
import { setStage } from './stage.js';

const needs = await lackingPackages(['openssl', 'e2fsprogs']);
const POINTS = ['preInstall', 'postInstall', 'preImage'] as const;

/** Asks the server of the test, and writes down what it said and who tells names. */
const ASKS = `#!/bin/bash
mkdir -p "$BUILDROOT/etc"
(exec 3<> /dev/tcp/127.0.0.1/$PORT) 2> /dev/null || exit 0
exec 3<> /dev/tcp/127.0.0.1/$PORT
cat <&3 > "$BUILDROOT/etc/said-$POINT"
cat /etc/resolv.conf >> "$BUILDROOT/etc/said-$POINT" 2> /dev/null || true
`;

describe.skipIf(needs !== '')(`hooks of the build and the network${needs}`, () => {
  const stage = setStage('hooks', needs);
  const server = createServer((socket) => {
    // Who only tries whether it is there does not listen.
    socket.on('error', () => {});
    socket.end('hello\n');
  });
  const lines: string[] = [];
  let template = '';
  let built: BuiltImage;
  beforeAll(async () => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const PORT = String((server.address() as AddressInfo).port);
    const asks = (POINT: string) => ({ script: 'asks.sh', environment: { PORT, POINT } });
    const hooks = Object.fromEntries(
      POINTS.map((point) => [point, [asks(`${point}-alone`), { ...asks(point), network: true }]]),
    );
    await writeFile(join(stage.folder, 'asks.sh'), ASKS);
    template = join(stage.folder, 'hooks.yml');
    await writeFile(template, `${SMALL_TEMPLATE}  hooks: ${JSON.stringify(hooks)}\n`);
    built = await buildImage(stage.composer, template, join(stage.folder, 'out'), {
      onLine: (line) => lines.push(line),
    });
  });
  afterAll(() => server.close());

  const inImage = (request: string) => debugfs(built.image, partition(built, 'root').start, request);

  it.each(POINTS)('those of %s reach it when they ask for it', async (point) => {
    const names = await readFile('/etc/resolv.conf', 'utf8').catch(() => '');
    expect(await inImage(`cat /etc/said-${point}`)).toBe(`hello\n${names}`);
  });

  it('others do not, and the image keeps nothing of it', async () => {
    const files = await inImage('ls -p /etc');
    expect(files).toContain('/said-preImage/');
    expect(files).not.toContain('-alone');
    // The link that systemd-resolved makes.
    expect(files).toMatch(/\/120777\/0\/0\/resolv\.conf\//);
  });

  it('is told for each of them', () => {
    const told = lines.filter((line) => line.includes('reaches the network'));
    expect(told).toHaveLength(POINTS.length);
    for (const point of POINTS) expect(told.join('\n')).toContain(`asks.sh of ${point} reaches the network`);
  });

  it('is refused to an offline build, before anything is built', async () => {
    const { status, stderr } = await stage.composer.ic([
      ...['build', template, '--offline', '--output-dir', join(stage.folder, 'none')],
      ...['--cache-dir', stage.composer.cacheDir, ...stage.composer.mirrorArguments],
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain('error[HOOK_OFFLINE]: a hook of preInstall wants the network');
  });
});
