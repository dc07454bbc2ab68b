/** What is collected and written a few at a time; see `inBatches`. */
export interface Batches<T> {
  add: (item: T) => void;
  /** Writes the rest. @throws what went wrong with any of them. */
  finish(): Promise<void>;
}

const batchSize = 25;

/** Collects items and writes them a few at a time, one lot after the other, while more are being collected. */
export function inBatches<T>(write: (items: readonly T[]) => Promise<void>): Batches<T> {
  let batch: T[] = [];
  let written: Promise<void> = Promise.resolve();

  function flush(): void {
    const items = batch;
    batch = [];
    if (items.length > 0) written = written.then(() => write(items));
    // Who waits for the end hears of it; nobody is there to hear it before.
    written.catch(() => undefined);
  }

  return {
    add(item) {
      batch.push(item);
      if (batch.length >= batchSize) flush();
    },
    finish() {
      flush();
      return written;
    },
  };
}
