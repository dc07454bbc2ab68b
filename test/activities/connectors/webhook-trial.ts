import { once } from 'node:events';
import { type RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';
import type { Attempt, Target } from '../../../activities/connectors/connector.ts';
import { newId } from '../../../domain/ids.ts';
import type { Change, Holding } from '../../../domain/plan.ts';

export const holder = { email: 'anna@acme.example', name: 'Anna' };
export const signal = new AbortController().signal;

export function targetAt({ url, secret }: { url: string; secret: string }): Target {
  return { resource: 'northwind-app', settings: { url }, secret };
}

export function attempt(number: number, over: Partial<Attempt> = {}): Attempt {
  return { number, password: null, holder, signal, reach: async () => {}, ...over };
}

/** Somebody's sign-in at Acme, a new person's each time. */
export function newHolding(over: Partial<Holding> = {}): Holding {
  const account = newId('person');
  return { account, entitlement: 'sign-in', scope: 'acme', until: '2099-01-01T00:00:00.000Z', ...over };
}

export function add(holding: Holding): Change {
  return { kind: 'add', holding };
}

/** An application that answers as the test says. Its address; it ends with the test. */
export async function answering(listener: RequestListener): Promise<string> {
  const server = new Server(listener);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // A listening TCP server's address is always one.
  return `http://127.0.0.1:${port}/access`;
}
