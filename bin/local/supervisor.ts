import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { isHeld, type ProcessName } from './hold.ts';
import { forgetProcess, recordProcess } from './process-record.ts';
import type { Exit } from './running-process.ts';

/** A process that runs, as the supervisor sees it. */
export interface Supervised {
  readonly pid: number;
  readonly exited: Promise<Exit>;
  /** Stops it cleanly, by force when that takes too long. */
  stop(): Promise<void>;
  /** Ends it at once. */
  kill(): Promise<void>;
}

/** How to start one of the installation's processes. */
export interface ProcessSpec {
  readonly name: ProcessName;
  /**
   * Resolves when the process can be used; called again after each end. Tells `spawned` the process's id as soon as
   * there is one: a launcher that is killed in between must not lose sight of it.
   */
  start(spawned: (pid: number) => void): Promise<Supervised>;
}

export interface SupervisorOptions {
  /** The installation's folder. */
  readonly home: string;
  /** Told in a sentence when a process ends unasked, is held or released. */
  readonly note: (line: string) => void;
  /** How often hold files are looked for, in milliseconds. */
  readonly pollMs?: number;
}

/** A process that lived this long had started well; one that ends earlier is started again a little later each time. */
const steadyMs = 10_000;
const shortestPauseMs = 100;
const longestPauseMs = 1_500;
/** How long a process that is held down may take to stop by itself. */
const holdLimitMs = 1_500;

interface Entry {
  readonly spec: ProcessSpec;
  running: Supervised | undefined;
  /** How many times in a row it ended, or could not be started, soon after its start. */
  failures: number;
  loop: Promise<void>;
  /** Ends the wait for its end, or for a hold, early. */
  wake: AbortController | undefined;
}

function ending(exit: Exit): string {
  return exit.signal === null ? `exit code ${exit.code ?? 'unknown'}` : exit.signal;
}

/**
 * Keeps processes running: starts a dead one again within two seconds, keeps a held one down, stops them in the order
 * asked for.
 */
export class Supervisor {
  readonly #options: Required<SupervisorOptions>;
  readonly #entries = new Map<ProcessName, Entry>();
  readonly #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = { pollMs: 250, ...options };
  }

  /** Starts supervising. `up` resolves at the first successful start and rejects when the first start fails. */
  add(spec: ProcessSpec): { up: Promise<void> } {
    const entry: Entry = { spec, running: undefined, failures: 0, loop: Promise.resolve(), wake: undefined };
    this.#entries.set(spec.name, entry);
    const up = new Promise<void>((resolve, reject) => {
      entry.loop = this.#keepUp(entry, resolve, reject);
    });
    // A caller that stops before it looks must not turn the refusal into an unhandled one.
    up.catch(() => undefined);
    return { up };
  }

  /** The names of those that keep ending soon after their start. */
  failing(times: number): ProcessName[] {
    return [...this.#entries.values()].filter((e) => e.failures >= times).map((e) => e.spec.name);
  }

  /** Stops them group by group, each group's processes at once, and starts none again. */
  async stopAll(groups: readonly (readonly ProcessName[])[]): Promise<void> {
    this.#beginStopping();
    for (const group of groups) {
      await Promise.all(group.map((name) => this.#stop(this.#entries.get(name))));
    }
  }

  /** Ends all at once and starts none again. Those just being started are given `limitMs` to end. */
  async killAll(limitMs = 3_000): Promise<void> {
    this.#beginStopping();
    const entries = [...this.#entries.values()];
    await Promise.all(entries.map(async (entry) => entry.running?.kill()));
    await Promise.race([Promise.all(entries.map((entry) => entry.loop)), delay(limitMs)]);
  }

  async #stop(entry: Entry | undefined): Promise<void> {
    await entry?.running?.stop();
    // One that was just starting when all was to stop is stopped by its loop.
    await entry?.loop;
  }

  async #keepUp(entry: Entry, onUp: () => void, onFailedStart: (error: unknown) => void): Promise<void> {
    const { name } = entry.spec;
    let everUp = false;
    while (!this.#isStopping()) {
      if (isHeld(this.#options.home, name)) {
        await this.#untilReleased(name);
        continue;
      }
      const startedAt = Date.now();
      try {
        entry.running = await entry.spec.start((pid) => recordProcess(this.#run, name, pid));
        everUp = true;
        onUp();
        await this.#watch(entry, entry.running);
      } catch (error) {
        forgetProcess(this.#run, name);
        if (!everUp) return onFailedStart(error);
        this.#note(
          `${name} could not be started again: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
      entry.running = undefined;
      if (isHeld(this.#options.home, name)) continue;
      entry.failures = Date.now() - startedAt > steadyMs ? 1 : entry.failures + 1;
      await this.#pause(Math.min(shortestPauseMs * 2 ** (entry.failures - 1), longestPauseMs));
    }
    // Nobody may wait for ever for a start that was overtaken by the stop.
    onFailedStart(new Error(`${name} was not started: the installation is stopping.`));
  }

  /** Waits until the process has ended; ends it itself when it is held, or came up when all is to stop. */
  async #watch(entry: Entry, running: Supervised): Promise<void> {
    const { home, pollMs } = this.#options;
    const { name } = entry.spec;
    const wake = new AbortController();
    entry.wake = wake;
    const wakeAtEnd = async (): Promise<void> => {
      await running.exited;
      wake.abort();
    };
    void wakeAtEnd();
    try {
      if (this.#isStopping()) await running.stop();
      while (!wake.signal.aborted) {
        if (isHeld(home, name)) {
          // Who holds a process wants it down now: it may finish what is quick, no more.
          await Promise.race([running.stop(), delay(holdLimitMs)]);
          await running.kill();
          entry.failures = 0;
          this.#note(`${name} is held down.`);
          return;
        }
        await delay(pollMs, undefined, { signal: wake.signal }).catch(() => undefined);
      }
      // When all stops, each is stopped in its turn; until then this one goes on.
      const exit = await running.exited;
      this.#note(`${name} ended unasked (${ending(exit)}); it is started again.`);
    } finally {
      forgetProcess(this.#run, name);
    }
  }

  get #run(): string {
    return join(this.#options.home, 'run');
  }

  #note(line: string): void {
    if (!this.#isStopping()) this.#options.note(line);
  }

  async #untilReleased(name: ProcessName): Promise<void> {
    while (!this.#isStopping() && isHeld(this.#options.home, name)) await this.#pause(this.#options.pollMs);
  }

  #beginStopping(): void {
    this.#stopping.abort();
    for (const entry of this.#entries.values()) entry.wake?.abort();
  }

  #isStopping(): boolean {
    return this.#stopping.signal.aborted;
  }

  async #pause(ms: number): Promise<void> {
    await delay(ms, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
  }
}
