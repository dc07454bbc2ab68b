import { defineConfig } from 'vitest/config';

/** Rooms whose tests start no process of ours and no engine: what one file loads, the next one of the same worker has. */
const light = 'test/{api,architecture,crypto,db,domain,policy}/**/*.test.ts';

const common = { environment: 'node', testTimeout: 60_000, hookTimeout: 120_000, pool: 'forks' } as const;

export default defineConfig({
  test: {
    // Two files at once: each brings servers of its own.
    maxWorkers: 2,
    projects: [
      { test: { ...common, name: 'light', include: [light], isolate: false } },
      { test: { ...common, name: 'whole', include: ['test/**/*.test.ts'], exclude: [light] } },
    ],
  },
});
