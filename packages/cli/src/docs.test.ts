import { readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '@ic/toolchain';
import { describe, expect, it } from 'vitest';

const workspace = new URL('../../../', import.meta.url);

function textOf(path: string): string {
  return readFileSync(new URL(path, workspace), 'utf8');
}

/** The members of every `…ErrorCode` union; each package keeps its own in `src/errors.ts`. */
function codesOfPackages(): string[] {
  return readdirSync(new URL('packages/', workspace)).flatMap((name) => {
    let source: string;
    try {
      source = textOf(`packages/${name}/src/errors.ts`);
    } catch {
      return [];
    }
    const unions = [...source.matchAll(/export type \w+ErrorCode =([\s\S]*?');/g)];
    return unions.flatMap(([, members = '']) =>
      [...members.matchAll(/'([A-Z_]+)'/g)].map(([, code = '']) => code),
    );
  });
}

describe('docs/cli.md', () => {
  const documented = [...textOf('docs/cli.md').matchAll(/^\| `([A-Z_]+)` \| \S/gm)].map(([, code]) => code);

  it('has a line for every error code and none for others', () => {
    const codes = codesOfPackages();
    expect(codes).toContain('INTERNAL');
    expect(codes).toContain('CANCELLED');
    expect(documented).toEqual([...new Set(codes)].sort());
  });

  it('names every command and flag', async () => {
    const { createProgram } = await import('./program.js');
    const program = createProgram({ version: '0', output: { write: () => {} }, run: async () => {} });
    const text = textOf('docs/cli.md');
    for (const command of program.commands) {
      expect(text.includes(`\`ic ${command.name()}`), command.name()).toBe(true);
      for (const option of command.options) {
        expect(text.includes(option.short ?? option.long ?? ''), `${command.name()} ${option.flags}`).toBe(
          true,
        );
      }
    }
  });
});

describe('README.md', () => {
  it('shows a template that is one', async () => {
    const template = /```yaml\n([\s\S]*?)```/.exec(textOf('README.md'))?.[1] ?? '';
    const folder = await mkdtemp(join(tmpdir(), 'ic-readme-'));
    try {
      await writeFile(join(folder, 'kiosk.yml'), template);
      const { config } = await loadConfig({ template: join(folder, 'kiosk.yml') });
      expect(config.image.name).toBe('kiosk');
      expect(config.system.packages).toContain('nginx-light');
      expect(config.disk.partitions).toHaveLength(2);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});
