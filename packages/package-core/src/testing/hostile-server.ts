import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HostileServer {
  readonly url: string;
  /** How often it did what. */
  readonly deeds: ReadonlyMap<Deed, number>;
  close(): Promise<void>;
}

type Deed = 'serve' | 'drop' | 'cut' | 'stall' | 'corrupt' | '429' | '500' | '503';

/** In a hundred answers. */
const SHARES: readonly (readonly [Deed, number])[] = [
  ['drop', 6],
  ['cut', 8],
  ['stall', 2],
  ['corrupt', 2],
  ['429', 6],
  ['500', 6],
  ['503', 6],
];

/** Serves the file of each path, or fails in a way that the seed and the number of the request choose. */
export async function startHostileServer(
  seed: number,
  fileAt: (path: string) => Buffer,
): Promise<HostileServer> {
  const deeds = new Map<Deed, number>();
  let count = 0;
  const server = createServer((request, response) => {
    const deed = choose(draw(`${seed} ${count++}`));
    deeds.set(deed, (deeds.get(deed) ?? 0) + 1);
    answer(deed, fileAt(request.url ?? ''), { request, response });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    deeds,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** A number from 0 to 99. */
function draw(what: string): number {
  return createHash('sha256').update(what).digest().readUInt32BE(0) % 100;
}

function choose(number: number): Deed {
  let left = number;
  for (const [deed, share] of SHARES) {
    if (left < share) return deed;
    left -= share;
  }
  return 'serve';
}

interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

function answer(deed: Deed, file: Buffer, { request, response }: Exchange): void {
  if (deed === 'drop') {
    request.socket.destroy();
    return;
  }
  if (deed === '429' || deed === '500' || deed === '503') {
    response.writeHead(Number(deed), deed === '429' ? { 'retry-after': '0' } : {}).end();
    return;
  }
  const start = Number(/^bytes=(\d+)-/.exec(request.headers.range ?? '')?.[1] ?? 0);
  const body = Buffer.from(file.subarray(start));
  if (deed === 'corrupt') body[body.length >> 1] = (body[body.length >> 1] ?? 0) ^ 1;
  const range = { 'content-range': `bytes ${start}-${file.length - 1}/${file.length}` };
  response.writeHead(start > 0 ? 206 : 200, { 'content-length': body.length, ...(start > 0 && range) });
  if (deed !== 'cut' && deed !== 'stall') {
    response.end(body);
    return;
  }
  response.write(body.subarray(0, body.length >> 1), () => {
    if (deed === 'cut') request.socket.destroySoon();
  });
}
