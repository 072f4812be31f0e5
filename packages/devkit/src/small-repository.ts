import { randomBytes } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join, normalize } from 'node:path';
import { createLimit } from '@ic/utils';
import { indexAptArchive } from './apt-archive.js';
import { buildStub } from './build-deb.js';
import { loopbackCertificates } from './certificates.js';
import { signingKey } from './signing-key.js';

export interface SmallRepository {
  /** Absolute paths of the packages' files. */
  readonly files: readonly string[];
  /** A template that asks for all of them, of a target that has nothing else. */
  readonly template: string;
  /** Base URL. */
  readonly url: string;
  /** Who signs the index, and a file with that key. */
  readonly fingerprint: string;
  readonly keyFile: string;
  /** What `ic` needs to read it from here. */
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** File names of the packages and lists asked for so far. */
  readonly requests: string[];
  /** Those of which a part was asked for. */
  readonly resumed: string[];
  close(): Promise<void>;
}

export interface SmallRepositoryOptions {
  /** An empty one, the caller's to remove. */
  readonly folder: string;
  readonly packages: number;
  /** Bytes of one more, `pkg-large`. */
  readonly large?: number | undefined;
}

const CHUNK = 64 * 1024;

const TARGET = (key: string, fingerprint: string) => `title: Small
family: deb
osRelease: { id: small }
architectures: { x86_64: amd64 }
repositories:
  - name: small
    url: https://packages.example.org/small
    suites: [stable]
    keySources: [${key}]
    fingerprints: [${fingerprint}]
    components: [main]
chrootPackages: [pkg-0]
`;

const TEMPLATE = `image: { name: small, version: "1" }
target: { os: small, dist: small1, arch: x86_64, imageType: raw }
disk:
  size: 2GiB
  partitions:
    - { id: esp, type: esp, size: 64MiB, fsType: vfat, mountPoint: /boot/efi }
    - { id: root, fsType: ext4, mountPoint: / }
systemConfig:
  packages: ["pkg-*"]
`;

/**
 * A signed apt repository of packages of 50 to 350 KB that do not compress and depend on nothing, on an HTTPS server on
 * loopback that takes its time, and a target and a template of its own: for tests of what fetching does.
 */
export async function startSmallRepository(options: SmallRepositoryOptions): Promise<SmallRepository> {
  const { folder } = options;
  const root = join(folder, 'small');
  const pool = join(root, 'pool/main');
  const targets = join(folder, 'targets/small/small1');
  for (const path of [pool, targets]) await mkdir(path, { recursive: true });
  const sizes = new Map<string, number>();
  for (let index = 0; index < options.packages; index += 1)
    sizes.set(String(index), 50_000 + ((index * 97_003) % 300_000));
  if (options.large !== undefined) sizes.set('large', options.large);
  const limit = createLimit(4);
  const build = async (name: string, size: number) => {
    const path = join(pool, `pkg-${name}_1_all.deb`);
    const files = { [`/srv/${name}`]: randomBytes(size) };
    await buildStub({ name: `pkg-${name}`, version: '1', files, plain: true }, path);
    return path;
  };
  const files = await Promise.all([...sizes].map(([name, size]) => limit(() => build(name, size))));
  const key = await signingKey(join(folder, 'key'), 'Small');
  const keyFile = join(folder, 'key.asc');
  await key.exportPublic(keyFile, 'armor');
  await indexAptArchive(root, {
    ...{ origin: 'Small', suite: 'stable', components: ['main'], architecture: 'amd64', key },
  });
  await writeFile(join(targets, 'target.yml'), TARGET(keyFile, key.fingerprint));
  const template = join(folder, 'small.yml');
  await writeFile(template, TEMPLATE);

  const requests: string[] = [];
  const resumed: string[] = [];
  const certificates = await loopbackCertificates(join(folder, 'certificates'));
  const server = createServer(
    { key: certificates.key, cert: certificates.certificate },
    async (request, response) => {
      const path = normalize(decodeURIComponent(request.url ?? '/')).slice(1);
      if (path.endsWith('.deb') || path.includes('Packages')) requests.push(path.replace(/^.*\//, ''));
      const found = await stat(join(folder, path)).catch(() => undefined);
      if (found === undefined || !path.startsWith('small/')) {
        response.writeHead(404).end();
        return;
      }
      const start = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
      if (start > 0) resumed.push(path.replace(/^.*\//, ''));
      const range = { 'content-range': `bytes ${start}-${found.size - 1}/${found.size}` };
      response.writeHead(start > 0 ? 206 : 200, {
        'content-length': found.size - start,
        ...(start > 0 && range),
      });
      const body = createReadStream(join(folder, path), { highWaterMark: CHUNK, start });
      body.on('data', () => {
        body.pause();
        setTimeout(() => body.resume(), 3);
      });
      body.pipe(response);
      response.on('close', () => body.destroy());
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const url = `https://127.0.0.1:${port}/small`;
  return {
    ...{ files, template, requests, resumed, url, keyFile, fingerprint: key.fingerprint },
    args: ['--target-dir', join(folder, 'targets'), '--mirror', `small=${url}`],
    env: { NODE_EXTRA_CA_CERTS: certificates.caFile },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(join(folder, 'key'), { recursive: true, force: true });
    },
  };
}
