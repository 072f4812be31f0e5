import { hostAndPort } from './host-and-port.js';

/** A user and a password for a server. */
export interface Login {
  /**
   * `[https://|http://]host[:port][/path]` as in apt's auth.conf: without a scheme https: alone, without a port every
   * port, without a path all of the server. `*` stands for every server.
   */
  readonly place: string;
  readonly user: string;
  readonly password: string;
}

/**
 * Reads the logins of a file in the form of ~/.netrc or apt_auth.conf(5): `machine PLACE login USER password PASSWORD`, in any order of lines
 * and blanks; `default` in place of `machine PLACE` is every server; texts in double quotes may have blanks and `\"`; a line that
 * begins with `#` is a comment; `macdef` runs to the next empty line. Machines without a password are left out.
 */
export function readLogins(text: string): Login[] {
  const logins: Login[] = [];
  let place: string | undefined;
  let found: { user?: string; password?: string } = {};
  const finish = () => {
    const { user = '', password } = found;
    if (place !== undefined && password !== undefined) logins.push({ place, user, password });
    place = undefined;
    found = {};
  };
  const words = wordsOf(text);
  for (let word = words.next(); !word.done; word = words.next()) {
    if (word.value === 'machine') {
      finish();
      place = words.next().value ?? undefined;
    } else if (word.value === 'default') {
      finish();
      place = '*';
    } else if (word.value === 'login') found.user = words.next().value ?? '';
    else if (word.value === 'password') found.password = words.next().value ?? '';
    else if (word.value === 'account') words.next();
  }
  finish();
  return logins;
}

function* wordsOf(text: string): Generator<string, undefined> {
  const lines = text
    .replace(/^\s*macdef\s[\s\S]*?(?:\n[ \t\r]*\n|$(?![\s\S]))/gm, '\n')
    .split('\n')
    .filter((line) => !/^\s*#/.test(line));
  for (const line of lines) {
    for (const [word] of line.matchAll(/"(?:\\.|[^"\\])*"|\S+/g)) {
      yield /^".*"$/.test(word) ? word.slice(1, -1).replace(/\\(.)/g, '$1') : word;
    }
  }
  return undefined;
}

/** The first login that fits a URL, and its user when it names one. Over http: only what says `http://` counts. */
export function loginFor(url: URL, logins: readonly Login[]): Login | undefined {
  const user = decodeURIComponent(url.username);
  return logins.find((login) => (user === '' || user === login.user) && fits(url, login.place));
}

function fits(url: URL, place: string): boolean {
  const [, scheme = 'https', rest = ''] = /^(?:([a-z]+):\/\/)?(.*)$/is.exec(place) ?? [];
  if (`${scheme.toLowerCase()}:` !== url.protocol) return false;
  if (rest === '*') return true;
  const slash = rest.indexOf('/');
  const server = (slash < 0 ? rest : rest.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '/' : rest.slice(slash);
  return (server === url.hostname || server === hostAndPort(url)) && url.pathname.startsWith(path);
}
