import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

// Most of a short file's time is the loading of what it needs. Where no file changes anything of its process (its environment, its
// zone, its modules), a worker loads it once and goes on to the next file: what one has loaded, the next one has.

/** Rooms whose tests start no process of ours and no engine. */
const light = ['test/{activities,api,architecture,crypto,db,domain,policy}/**/*.test.ts'];

/** Rooms whose tests carry workflows themselves. Workers of their own, so that what workflows leave in memory is given back at their end. */
const engine = ['test/{attacks,replay,workflows}/**/*.test.ts', 'test/activities/fault-points.test.ts'];

/** Whole installations take longest, and are short files: last, one of them would run alone. */
class InstallationsFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isLong = ({ moduleId }: TestSpecification) => moduleId.includes('/test/e2e/');
    const sorted = await super.sort(files);
    return [...sorted.filter(isLong), ...sorted.filter((file) => !isLong(file))];
  }
}

const common = { environment: 'node', testTimeout: 60_000, hookTimeout: 120_000, pool: 'forks' } as const;
const all = ['test/**/*.test.ts'];

export default defineConfig({
  test: {
    // Two files at once: each brings servers of its own.
    maxWorkers: 2,
    sequence: { sequencer: InstallationsFirst },
    projects: [
      { test: { ...common, name: 'light', include: light, exclude: engine, isolate: false } },
      { test: { ...common, name: 'engine', include: engine, isolate: false } },
      { test: { ...common, name: 'whole', include: all, exclude: [...light, ...engine] } },
    ],
  },
});
