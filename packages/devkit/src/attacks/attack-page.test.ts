import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { attackPage } from './attack-page.js';
import { ATTACKS, type Attack } from './attack-table.js';

const docs = (name: string) => readFile(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

it('docs/attacks.md has the table of attacks', async () => {
  expect(await docs('attacks.md')).toContain(attackPage());
});

/** Attacks in more than one form. */
const SAME = {
  INDEX_ALTERED: ['index-altered', 'index-altered-same-size'],
  INDEX_MIXED: ['list-mixed', 'list-mixed-unseen'],
  KEY_UNKNOWN: ['index-unknown-key', 'package-unknown-key'],
  KEY_FOREIGN: ['index-foreign-key', 'package-foreign-key'],
  DECOMPRESSION_LIMIT: ['list-bomb', 'package-bomb'],
  LOCATION_ESCAPES: ['list-location-up', 'list-location-absolute', 'index-location-up'],
  PACKAGE_SWAPPED: ['package-other-name', 'package-other-version'],
  MEMBER_ESCAPES: ['member-name', 'member-symlink', 'member-hard-link'],
  HTTP_INSECURE: ['redirect-index', 'redirect-package'],
};

it('each attack has a code of its own, but for the forms of one', () => {
  const names = new Map<string, string[]>();
  for (const [name, { outcome }] of Object.entries<Attack>(ATTACKS)) {
    const codes = new Set(Object.values(outcome).filter((found) => typeof found === 'string'));
    expect(codes.size, `${name} ends alike in both families`).toBe(1);
    for (const code of codes) names.set(code, [...(names.get(code) ?? []), name]);
  }
  const shared = [...names].filter(([, attacks]) => attacks.length > 1);
  expect(Object.fromEntries(shared)).toEqual(SAME);
});

it('docs/attacks.md says why an attack does not apply, docs/cli.md what each code means', async () => {
  const [page, codes] = [(await docs('attacks.md')).replace(/\s+/g, ' '), await docs('cli.md')];
  for (const { outcome } of Object.values<Attack>(ATTACKS)) {
    for (const found of Object.values(outcome)) {
      if (typeof found === 'string') expect(codes).toContain(`| \`${found}\` |`);
      else expect(page).toContain(found.doesNotApply);
    }
  }
});
