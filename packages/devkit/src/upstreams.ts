import type { Repository } from '@ic/package-core';
import { withHostMirrors } from '@ic/package-deb';
import { createFetcher, defaultContext } from '@ic/utils';

/** Archive name on the loopback mirror → the Debian mirror of this host that fills it. */
export async function debianUpstreams(cacheDir: string): Promise<Record<string, string>> {
  const fetcher = createFetcher({});
  try {
    const repositories = [
      repository('debian', 'https://ftp.debian.org/debian', 'bookworm'),
      repository('debian-security', 'https://security.debian.org/debian-security', 'bookworm-security'),
    ];
    const found = await withHostMirrors(
      repositories,
      { fetcher, cacheDir, offline: false },
      defaultContext(),
    );
    return Object.fromEntries(found.map(({ name, url }) => [name, url]));
  } finally {
    fetcher.close();
  }
}

function repository(name: string, url: string, suite: string): Repository {
  return {
    name,
    url,
    hostMirror: true,
    suites: [suite],
    components: ['main'],
    keySources: [],
    fingerprints: [],
    trusted: false,
    signedIndex: true,
    priority: 500,
  };
}
