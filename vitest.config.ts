import { defineConfig } from 'vitest/config';

const resolve = { conditions: ['@ic/source'] };

export default defineConfig({
  test: {
    projects: [
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'unit',
          include: ['packages/*/{src,bin}/**/*.test.{ts,mjs}'],
          // Five seconds, the default, is not enough for what runs programs on a busy machine.
          testTimeout: 30_000,
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'fuzz',
          include: ['packages/*/fuzz/**/*.fuzz.ts'],
          testTimeout: 900_000,
          pool: 'forks',
          maxWorkers: 2,
          execArgv: ['--max-old-space-size=512'],
        },
      },
      {
        resolve,
        ssr: { resolve },
        test: {
          name: 'e2e',
          include: ['packages/*/e2e/**/*.e2e.ts'],
          testTimeout: 900_000,
          hookTimeout: 900_000,
          fileParallelism: false,
        },
      },
    ],
  },
});
