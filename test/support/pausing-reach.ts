import type { FaultPoint, Reach } from '../../activities/fault-points.ts';

/** Holds an activity at a named place until the test has done there what it came for. */
export interface PausingReach {
  reach: Reach;
  /** The next time that place is reached, the activity waits there. Resolves when it does. */
  pauseAt(point: FaultPoint): Promise<void>;
  /** Lets it go on. */
  release(): void;
}

/** Pauses nowhere until it is told to. */
export function pausingReach(): PausingReach {
  let wanted: FaultPoint | null = null;
  let arrive: () => void = () => undefined;
  let release: () => void = () => undefined;
  let released: Promise<void> = Promise.resolve();
  return {
    async reach(point) {
      if (point !== wanted) return;
      wanted = null;
      arrive();
      await released;
    },
    pauseAt(point) {
      wanted = point;
      released = new Promise((resolve) => {
        release = resolve;
      });
      return new Promise((resolve) => {
        arrive = resolve;
      });
    },
    release() {
      wanted = null;
      release();
    },
  };
}
