import { ATTACKS, type Attack } from './attack-table.js';

/** The table of docs/attacks.md: a line for each attack. */
export function attackPage(): string {
  const outcome = (attack: Attack, family: 'deb' | 'rpm') => {
    const found = attack.outcome[family];
    return typeof found === 'string' ? `\`${found}\`` : '—';
  };
  const rows = Object.values<Attack>(ATTACKS).map(
    (attack) =>
      `| ${attack.title} | ${outcome(attack, 'deb')} | ${outcome(attack, 'rpm')} | ${attack.advice} |\n`,
  );
  return `| attack | deb | rpm | what to do |\n|---|---|---|---|\n${rows.join('')}`;
}
