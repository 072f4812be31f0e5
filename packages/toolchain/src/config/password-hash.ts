/** Algorithms of crypt(5) that a template may bring a ready hash of, by prefix and full form. */
const FORMS: readonly { readonly algorithm: string; readonly prefix: RegExp; readonly form: RegExp }[] = [
  {
    algorithm: 'sha512',
    prefix: /^\$6\$/,
    form: /^\$6\$(rounds=[1-9]\d{3,8}\$)?[^$:\s*!]{0,16}\$[./0-9A-Za-z]{86}$/,
  },
  {
    algorithm: 'sha256',
    prefix: /^\$5\$/,
    form: /^\$5\$(rounds=[1-9]\d{3,8}\$)?[^$:\s*!]{0,16}\$[./0-9A-Za-z]{43}$/,
  },
  { algorithm: 'bcrypt', prefix: /^\$2[abxy]?\$/, form: /^\$2[aby]\$[0-3]\d\$[./0-9A-Za-z]{53}$/ },
  {
    algorithm: 'yescrypt',
    prefix: /^\$y\$/,
    form: /^\$y\$[./0-9A-Za-z]+\$[./0-9A-Za-z]{0,86}\$[./0-9A-Za-z]{43}$/,
  },
];

/** What the text of `users[].password` is. */
export type PasswordKind =
  | { readonly kind: 'plain' }
  | { readonly kind: 'hash'; readonly algorithm: string }
  /** Begins as a hash does, but no password could ever match it. */
  | { readonly kind: 'broken'; readonly algorithm: string }
  /** Empty, or one of the marks of a locked password (`!`, `*`, `!!`). */
  | { readonly kind: 'empty' | 'locked' };

/** Tells a crypt hash from a plain text password. Pure. */
export function passwordKind(password: string): PasswordKind {
  if (password === '') return { kind: 'empty' };
  if (/^[!*]{1,2}$/.test(password)) return { kind: 'locked' };
  if (/^\$1\$[^$]{1,8}\$[./0-9A-Za-z]{22}$/.test(password)) return { kind: 'broken', algorithm: 'md5' };
  const known = FORMS.find(({ prefix }) => prefix.test(password));
  if (known === undefined) return { kind: 'plain' };
  return { kind: known.form.test(password) ? 'hash' : 'broken', algorithm: known.algorithm };
}
