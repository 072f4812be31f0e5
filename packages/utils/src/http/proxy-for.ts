import { UtilsError } from '../errors.js';
import { redactUrl } from '../redact.js';
import { bypassesProxy } from './bypasses-proxy.js';

/** Proxies by URL: `http://[user:password@]host[:port]` or https:, also without a scheme, which means http:. */
export interface ProxySettings {
  /** For https: servers. */
  readonly https?: string | undefined;
  /** For http: servers. */
  readonly http?: string | undefined;
  /** Servers that are asked without a proxy, as NO_PROXY has them. */
  readonly bypass?: string | undefined;
}

/** The proxy for a URL; undefined when there is none. @throws UtilsError HTTP_PROXY for a proxy of another kind */
export function proxyFor(url: URL, settings: ProxySettings): URL | undefined {
  const text = url.protocol === 'https:' ? settings.https : settings.http;
  if (text === undefined || text === '' || bypassesProxy(url, settings.bypass ?? '')) return undefined;
  const proxy = parse(/^[a-z][a-z0-9+.-]*:\/\//i.test(text) ? text : `http://${text}`);
  if (proxy !== undefined) return proxy;
  throw new UtilsError('HTTP_PROXY', `${redactUrl(text)} is not the URL of an http: or https: proxy`, {
    fault: 'request',
    hint: 'correct HTTPS_PROXY, HTTP_PROXY or ALL_PROXY in the environment, or list the server in NO_PROXY',
  });
}

function parse(text: string): URL | undefined {
  const proxy = URL.canParse(text) ? new URL(text) : undefined;
  return proxy !== undefined && /^https?:$/.test(proxy.protocol) ? proxy : undefined;
}

/** Apart, so that the proxy's name can be said without them: its address, and the header with its credentials. */
export function bareProxy(proxy: URL): { readonly url: URL; readonly headers: Record<string, string> } {
  const url = new URL(proxy);
  url.username = '';
  url.password = '';
  if (proxy.username === '' && proxy.password === '') return { url, headers: {} };
  const pair = `${decodeURIComponent(proxy.username)}:${decodeURIComponent(proxy.password)}`;
  return { url, headers: { 'Proxy-Authorization': `Basic ${Buffer.from(pair).toString('base64')}` } };
}
