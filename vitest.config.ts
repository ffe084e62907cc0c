import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    // Unit tests stand beside their source; what crosses folders is under test/.
    projects: [
      {
        // Views of the page; each of their tests asks for a document by its first line.
        oxc: { jsx: { runtime: 'automatic', importSource: 'preact' } },
        test: {
          name: 'unit',
          include: [
            '{src,codecs,native,pipelines,signaling,web,benchmarks,scripts}/**/*.test.ts',
            'web/page/**/*.test.tsx',
            'test/signal/**/*.test.ts',
          ],
          pool: 'forks',
          testTimeout: 20_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          pool: 'forks',
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          pool: 'forks',
          // One call in real browsers at a time: two at once would measure each other.
          fileParallelism: false,
          testTimeout: 180_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
