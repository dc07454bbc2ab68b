/** The wishes to stop that reach this process. */
export interface StopSignals {
  /** Resolves at the first signal: stop cleanly. */
  readonly first: Promise<void>;
  /** Resolves at the second: stop at once. */
  readonly second: Promise<void>;
  /** Gives the signals back to Node. */
  dispose(): void;
}

const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** One Ctrl-C arrives twice, from the terminal and from npm, which passes on its own. */
const echoMs = 1_000;

const parentPollMs = 250;

/**
 * Listens for SIGINT, SIGTERM and SIGHUP.
 *
 * @param followsParent - also stop when the process that started us is gone: npm that was killed cannot tell us.
 */
export function onStopSignals(followsParent: boolean): StopSignals {
  let askedAt: number | undefined;
  let onFirst = (): void => undefined;
  let onSecond = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  const second = new Promise<void>((resolve) => {
    onSecond = resolve;
  });
  const listener = (): void => {
    if (askedAt === undefined) {
      askedAt = Date.now();
      onFirst();
    } else if (Date.now() - askedAt > echoMs) onSecond();
  };
  for (const signal of signals) process.on(signal, listener);
  const parent = process.ppid;
  const watch = setInterval(() => {
    if (followsParent && askedAt === undefined && process.ppid !== parent) listener();
  }, parentPollMs);
  return {
    first,
    second,
    dispose: () => {
      clearInterval(watch);
      for (const signal of signals) process.off(signal, listener);
    },
  };
}
