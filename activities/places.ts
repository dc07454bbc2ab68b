/** All places for this kind of work are taken. Trying again a little later helps. */
export class BusyError extends Error {
  override readonly name = 'BusyError';
}

/** So many pieces of work at once for each key; see `createPlaces`. */
export interface Places {
  /** Runs the work in one of the key's places. @throws BusyError at once, when none is free. */
  within<T>(key: string, work: () => Promise<T>): Promise<T>;
}

/**
 * Keeps one target that hangs from taking up all of this process: nothing waits for a place, for what waits would stand
 * in the way of the others as much as what hangs.
 */
export function createPlaces(perKey: number): Places {
  const taken = new Map<string, number>();
  return {
    async within(key, work) {
      const before = taken.get(key) ?? 0;
      if (before >= perKey) throw new BusyError('busy');
      taken.set(key, before + 1);
      try {
        return await work();
      } finally {
        const now = taken.get(key) ?? 0;
        if (now > 1) taken.set(key, now - 1);
        else taken.delete(key);
      }
    },
  };
}
