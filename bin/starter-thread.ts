import { isMainThread, parentPort, Worker } from 'node:worker_threads';
import type { Starter } from '../api/deps.ts';
import { openLedger } from '../db/client.ts';
import type { OutboxLine } from '../db/outbox.ts';
import { readConfig } from './config.ts';
import { createStarter } from './starter.ts';
import { startTelemetry } from './telemetry.ts';
import { createEngine, lazyClient } from './temporal.ts';

// Telling the engine costs more processor time than answering: with a thread of its own it never delays an answer.

const attemptMs = 300;
type Message = OutboxLine | 'stop';

/** A starter that works in a thread of its own. One that fails ends the process, which is started again. */
export function starterThread(): Starter & { settled(): Promise<void> } {
  const thread = new Worker(new URL('starter-thread.mjs', import.meta.url));
  const ended = new Promise<void>((resolve) => thread.once('exit', () => resolve()));
  const post = (message: Message) => thread.postMessage(message, []);
  return {
    hurry: post,
    settled: () => {
      post('stop');
      return ended;
    },
  };
}

if (!isMainThread && parentPort) {
  const port = parentPort;
  const config = readConfig();
  const telemetry = startTelemetry('api', config.exportTraces);
  const ledger = openLedger({ url: config.databaseUrl, max: 2, applicationName: 'tenure-api-starter' });
  const client = lazyClient(config, telemetry);
  const starter = createStarter(createEngine(client, attemptMs), ledger);

  const stop = async () => {
    await starter.settled();
    await client.connection.close();
    await telemetry.close();
    await ledger.close();
    port.close();
  };
  port.on('message', (message: Message) => {
    if (message === 'stop') void stop();
    else starter.hurry(message);
  });
}
