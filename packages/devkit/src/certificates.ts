import { existsSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { $ } from 'zx';

export interface LoopbackCertificates {
  /** PEM; what a client must trust (NODE_EXTRA_CA_CERTS takes the file). */
  readonly caFile: string;
  readonly key: string;
  readonly certificate: string;
}

/** A certificate authority and a certificate for 127.0.0.1 and localhost, made once below `folder`. */
export async function loopbackCertificates(folder: string): Promise<LoopbackCertificates> {
  await mkdir(folder, { recursive: true });
  const caFile = join(folder, 'ca.pem');
  const caKey = join(folder, 'ca.key');
  const key = join(folder, 'server.key');
  const request = join(folder, 'server.csr');
  const certificate = join(folder, 'server.pem');
  const extensions = join(folder, 'server.ext');
  if (!existsSync(certificate)) {
    const quiet = $({ quiet: true });
    await quiet`openssl req -x509 -newkey rsa:2048 -nodes -keyout ${caKey} -out ${caFile} -days 3650 -subj ${'/CN=Image Composer test CA'}`;
    await quiet`openssl req -newkey rsa:2048 -nodes -keyout ${key} -out ${request} -subj ${'/CN=localhost'}`;
    await writeFile(extensions, 'subjectAltName=IP:127.0.0.1,DNS:localhost\n');
    await quiet`openssl x509 -req -in ${request} -CA ${caFile} -CAkey ${caKey} -CAcreateserial -days 3650 -extfile ${extensions} -out ${certificate}`;
  }
  return { caFile, key: await readFile(key, 'utf8'), certificate: await readFile(certificate, 'utf8') };
}
