import { readFile } from 'node:fs/promises';
import { expect, it } from 'vitest';
import { attackPage } from './attack-page.js';
import { ATTACKS, type Attack } from './attack-table.js';

const docs = (name: string) => readFile(new URL(`../../../../docs/${name}`, import.meta.url), 'utf8');

it('docs/attacks.md has the table of attacks', async () => {
  expect(await docs('attacks.md')).toContain(attackPage());
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
