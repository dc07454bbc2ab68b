import { loadExample } from '../../bin/example.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { deriveKeys, type TenureKeys } from '../../crypto/keys.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
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

/** Starts one in a few seconds. */
export async function ephemeralLedger(): Promise<EphemeralLedger> {
  const server = await ephemeralPostgres();
  const ownerUrl = server.url;
  const { appUrl, systemUrl } = await prepareLedger({ ownerUrl, key });
  await loadExample({ systemUrl, key, targets: {} });
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
