import { expect, it } from 'vitest';
import { explainFailure } from './explain-failure.js';
import { Passing } from './retry.js';

it.each([
  ['ECONNREFUSED', 'https://a.example/x cannot be reached: the connection is refused (ECONNREFUSED)'],
  ['ENOTFOUND', 'https://a.example/x cannot be reached: there is no host of this name (ENOTFOUND)'],
  ['ECONNRESET', 'https://a.example/x cannot be reached: why'],
  ['CERT_HAS_EXPIRED', 'https://a.example/x has a TLS certificate that does not verify: why'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'https://a.example/x has a TLS certificate that does not verify: why'],
  ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'https://a.example/x has a TLS certificate that does not verify: why'],
])('%s is told in words', (code, message) => {
  const error = Object.assign(new Error('why'), {
    code,
  });
  const circumstances = {
    url: 'https://me:secret@a.example/x',
    mayPass: true,
    timedOut: undefined,
    signal: undefined,
  };
  const explained = explainFailure(error, circumstances);
  const failure = explained instanceof Passing ? explained.failure : explained;
  expect(failure).toMatchObject({ message, details: { code, url: 'https://a.example/x' } });
});
