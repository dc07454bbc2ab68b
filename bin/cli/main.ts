import { readCliEnvironment } from './environment.ts';
import { exitCodes } from './exit-codes.ts';
import { runCli } from './run.ts';
import { processTerminal } from './terminal.ts';

/**
 * On Ctrl-C a command ends by itself, because it has something to say about what stays. Pressed again it ends at once;
 * but npm passes the same Ctrl-C on a second time, so what follows within half a second is the same one.
 */
const sameInterruptMs = 500;

const interruption = new AbortController();
let interruptedAtMs: number | null = null;

function interrupt(): void {
  const nowMs = Date.now();
  if (interruptedAtMs !== null && nowMs - interruptedAtMs > sameInterruptMs)
    process.exit(exitCodes.interrupted);
  interruptedAtMs ??= nowMs;
  interruption.abort();
}

process.on('SIGINT', interrupt);
// A reader that has seen enough (`| head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  process.exit(error.code === 'EPIPE' ? exitCodes.done : exitCodes.unexpected);
});

const environment = readCliEnvironment();

// What only some commands need is loaded only by them, so that the others start quickly.
process.exitCode = await runCli(process.argv.slice(2), {
  environment,
  terminal: processTerminal(environment.isPlain, interrupt),
  mintLocalToken: async (wish) => (await import('../local-token.ts')).mintLocalToken(wish),
  readLocalSecret: async (source) => (await import('../local-secret.ts')).readLocalSecret(source),
  makeFirst: async (wish) => (await import('../first-person.ts')).makeFirst(wish, environment.isProduction),
  setTarget: async (wish) => (await import('../target.ts')).setTarget(wish, environment.isProduction),
  hold: async (home, name) => (await import('../local/hold.ts')).hold(home, name),
  release: async (home, name) => (await import('../local/hold.ts')).release(home, name),
  now: () => Date.now(),
  interrupted: interruption.signal,
  pollEveryMs: 1_000,
  giveUpAfterMs: 60_000,
  timeoutMs: 15_000,
});
