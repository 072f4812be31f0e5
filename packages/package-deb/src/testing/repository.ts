import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** The files of a server by path, without a leading slash. */
export type Files = Map<string, Buffer>;

export interface ReleaseOptions {
  readonly fields?: Readonly<Record<string, string>>;
  /** Paths to list, relative to the Release file; default: all files below its folder. */
  readonly list?: readonly string[];
}

/** The text of a Release file for `folder`, listing the files as they are now. */
export function releaseText(files: Files, folder: string, options: ReleaseOptions = {}): string {
  const fields = {
    Origin: 'Test',
    Suite: 'stable',
    Codename: 'testing',
    Date: new Date().toUTCString(),
    Architectures: 'all amd64',
    Components: 'main',
    ...options.fields,
  };
  const paths = options.list ?? [...files.keys()].flatMap((path) => below(path, folder));
  const list = paths.map((path) => {
    const bytes = files.get(folder + path) ?? Buffer.alloc(0);
    return ` ${createHash('sha256').update(bytes).digest('hex')} ${bytes.length} ${path}\n`;
  });
  const head = Object.entries(fields).map(([name, value]) => `${name}: ${value}\n`);
  return `${head.join('')}SHA256:\n${list.join('')}`;
}

function below(path: string, folder: string): string[] {
  return path.startsWith(folder) && path !== folder ? [path.slice(folder.length)] : [];
}

export interface TestServer {
  readonly url: string;
  /** Status and path of each request, in order. */
  readonly log: string[];
  close(): Promise<void>;
}

/** Serves the files, with ETags. */
export async function serve(files: Files): Promise<TestServer> {
  const log: string[] = [];
  const server = createServer((request, response) => {
    const path = decodeURIComponent((request.url ?? '').slice(1));
    const bytes = files.get(path);
    const etag = bytes && `"${createHash('sha256').update(bytes).digest('hex')}"`;
    const status = bytes === undefined ? 404 : request.headers['if-none-match'] === etag ? 304 : 200;
    log.push(`${status} ${path}`);
    response.writeHead(status, etag === undefined ? {} : { etag });
    response.end(status === 200 ? bytes : undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    log,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}
