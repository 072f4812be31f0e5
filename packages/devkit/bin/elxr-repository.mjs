// node packages/devkit/bin/elxr-repository.mjs: makes the stand-in for eLxr's repository, serves it and prints what to
// give to ic, until it is interrupted. Needs a compiled workspace and, the first time, a Debian mirror.
import { once } from 'node:events';
import { elxrRepository, startComposer } from '../dist/index.js';

const composer = await startComposer();
try {
  const { fingerprint, mirrorArguments } = await elxrRepository(composer);
  console.log(`NODE_EXTRA_CA_CERTS=${composer.mirror.certificates.caFile}`);
  console.log([...mirrorArguments, '--trust-key', `elxr=${fingerprint}`].join(' '));
  await once(process, 'SIGINT');
} finally {
  await composer.close();
}
