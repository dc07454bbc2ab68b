import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exampleClients, provideExampleProviders } from '../../bin/example-providers.ts';
import { createIdentityProvider, type IdentityPerson } from '../../bin/local/identity-provider.ts';
import type { EphemeralLedger } from './ledger.ts';

/** A server of this machine, on a free port. Its listener may be set when its address is known. */
export interface Listening {
  url: string;
  handle(listener: RequestListener): void;
  stop(): Promise<void>;
}

export async function listen(): Promise<Listening> {
  let listener: RequestListener = (_request, response) => response.writeHead(503).end();
  const server: Server = createServer((request, response) => listener(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // A server that listens on TCP has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    handle(given) {
      listener = given;
    },
    async stop() {
      const gone = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await gone;
    },
  };
}

export const everybody: readonly IdentityPerson[] = [
  { name: 'Sam', email: 'sam@northwind.example' },
  { name: 'Priya', email: 'priya@northwind.example' },
  { name: 'Omar', email: 'omar@northwind.example' },
  { name: 'Ada', email: 'ada@northwind.example' },
  { name: 'Sita', email: 'sita@northwind.example' },
  { name: 'Nobody', email: 'nobody@northwind.example' },
  { name: 'Anna', email: 'anna@acme.example' },
  { name: 'Tom', email: 'tom@acme.example' },
];

/** The example's identity provider, live for the vendor and for Acme in that ledger. */
export async function startIdentity(ledger: EphemeralLedger, publicUrl: string): Promise<Listening> {
  const server = await listen();
  server.handle(await createIdentityProvider(server.url, exampleClients(ledger.keys, everybody, publicUrl)));
  await provideExampleProviders(ledger.system.db, ledger.keys, server.url);
  return server;
}
