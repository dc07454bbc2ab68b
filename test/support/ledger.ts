import { loadExample } from '../../bin/example.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { deriveKeys, type TenureKeys } from '../../crypto/keys.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import type { ClusterTemplate } from './cluster-template.ts';
import { ephemeralPostgres } from './postgres.ts';

/** A ledger of a test's own with the example company in it, and no targets. */
export interface EphemeralLedger {
  ownerUrl: string;
  appUrl: string;
  systemUrl: string;
  /** The master key, as a process is given it. */
  key: string;
  keys: TenureKeys;
  /** As the application's role, which row-level security binds. */
  app: Ledger;
  /** As the role of worker and reaper. */
  system: Ledger;
  /** As the owner, for what only a test does. */
  owner: Ledger;
  /** Ends the server as a crash would; the connections stay open towards nothing. */
  kill(): Promise<void>;
  /** Starts the server again after `kill`. */
  start(): Promise<void>;
  stop(): Promise<void>;
}

const key = Buffer.alloc(32, 11).toString('base64url');

interface Logins {
  appUrl: string;
  systemUrl: string;
}

async function fill(ownerUrl: string): Promise<Logins> {
  const { appUrl, systemUrl } = await prepareLedger({ ownerUrl, key });
  await loadExample({ systemUrl, key, targets: {} });
  return { appUrl, systemUrl };
}

/** A ledger of this version without anything in it; whoever begins with it prepares it all the same, which is quick then. */
export const migratedTemplate: ClusterTemplate = {
  name: 'migrated',
  fill: async (ownerUrl) => (await prepareLedger({ ownerUrl, key })).installation,
};

const filled: ClusterTemplate = {
  name: 'ledger',
  fill: async (ownerUrl) => JSON.stringify(await fill(ownerUrl)),
};

/** Starts one in a few seconds. */
export async function ephemeralLedger(): Promise<EphemeralLedger> {
  const server = await ephemeralPostgres({ template: filled });
  const ownerUrl = server.url;
  const { appUrl, systemUrl } =
    server.known === null ? await fill(ownerUrl) : loginsOf(server.known, server.port);
  const open = (url: string) => openLedger({ url, applicationName: 'tenure-test' });
  const [app, system, owner] = [open(appUrl), open(systemUrl), open(ownerUrl)];
  return {
    ownerUrl,
    appUrl,
    systemUrl,
    key,
    keys: deriveKeys(key),
    app,
    system,
    owner,
    kill: () => server.kill(),
    start: () => server.start(),
    async stop() {
      await Promise.all([app.close(), system.close(), owner.close()]);
      await server.stop();
    },
  };
}

/** The template's logins, at a copy's port. */
function loginsOf(known: string, port: number): Logins {
  // What `fill` has said.
  const { appUrl, systemUrl } = JSON.parse(known) as Logins;
  const at = (address: string) => {
    const url = new URL(address);
    url.port = String(port);
    return url.href;
  };
  return { appUrl: at(appUrl), systemUrl: at(systemUrl) };
}
