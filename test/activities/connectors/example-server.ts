import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import type { Attempt, Connector, Target } from '../../../activities/connectors/connector.ts';
import type { OpenSession } from '../../../activities/connectors/contract-trial.ts';
import { createPostgresConnector } from '../../../activities/connectors/postgres/connector.ts';
import {
  type ExampleDatabase,
  exampleSettings,
  prepareExampleTargets,
} from '../../../bin/local/example-targets.ts';
import { newId } from '../../../domain/ids.ts';
import type { Holding } from '../../../domain/plan.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../../support/postgres.ts';

export interface Grant {
  holding: Holding;
  password: string;
}

/** One region's example server with a connector for it. */
export interface ExampleServer {
  server: EphemeralPostgres;
  connector: Connector;
  connectorPassword: string;
  target(database: ExampleDatabase): Target;
  /** Gives an entitlement for an hour, or until the instant given. */
  give(database: ExampleDatabase, entitlement: string, scope: string | null, until?: Date): Promise<Grant>;
  take(database: ExampleDatabase, grant: Grant): Promise<void>;
  /** Gives the grant another password, as attempt `number` (2 unless given), and returns it with that password. */
  renew(database: ExampleDatabase, grant: Grant, number?: number): Promise<Grant>;
  /** A connection as a grant's holder; closes with the server. */
  signIn(database: string, grant: Grant): postgres.Sql;
  /** A connection as the superuser; closes with the server. */
  superuser(database: string): postgres.Sql;
  stop(): Promise<void>;
}

export async function exampleServer(
  region: 'eu' | 'us',
  settings: Record<string, string> = {},
): Promise<ExampleServer> {
  const server = await ephemeralPostgres({ settings });
  const connectorPassword = randomBytes(18).toString('hex');
  await prepareExampleTargets(region, server.url, connectorPassword);
  const connector = createPostgresConnector();
  const opened: postgres.Sql[] = [];
  const open = (options: postgres.Options<Record<string, never>>) => {
    const sql = postgres({ host: '127.0.0.1', port: server.port, max: 1, onnotice: () => {}, ...options });
    opened.push(sql);
    return sql;
  };
  const target = (database: ExampleDatabase): Target => ({
    resource: database,
    settings: {
      host: '127.0.0.1',
      port: server.port,
      username: 'tenure_connector',
      ...exampleSettings(database),
    },
    secret: connectorPassword,
  });
  return {
    server,
    connector,
    connectorPassword,
    target,
    async give(database, entitlement, scope, until = new Date(Date.now() + 3_600_000)) {
      const account = connector.account({ grantId: newId('grant'), personId: newId('person') });
      const password = randomBytes(18).toString('hex');
      const holding = { account, entitlement, scope, until: until.toISOString() };
      await connector.apply(target(database), { kind: 'add', holding }, attempt(password));
      return { holding, password };
    },
    take: (database, { holding }) =>
      connector.apply(target(database), { kind: 'remove', holding }, attempt(null)),
    async renew(database, { holding }, number = 2) {
      const password = randomBytes(18).toString('hex');
      await connector.replacePassword(target(database), holding.account, { ...attempt(password), number });
      return { holding, password };
    },
    signIn: (database, { holding, password }) => open({ database, username: holding.account, password }),
    superuser: (database) => {
      const { username, password } = new URL(server.url);
      return open({ database, username, password: decodeURIComponent(password) });
    },
    async stop() {
      await connector.close();
      await Promise.all(opened.map((sql) => sql.end({ timeout: 1 })));
      await server.stop();
    },
  };
}

/** The first attempt, which nothing interrupts. */
function attempt(password: string | null): Attempt {
  return { number: 1, password, holder: null, signal: new AbortController().signal, reach: async () => {} };
}

/** Opens a session, says something in it and keeps it; rejects when the server refuses. It never connects a second time. */
export async function openSession(
  port: number,
  database: string,
  account: string,
  password: string,
  statement = 'SELECT count(*) FROM orders',
): Promise<OpenSession> {
  let closed = 0;
  const sql = postgres({
    host: '127.0.0.1',
    port,
    database,
    username: account,
    password,
    max: 1,
    fetch_types: false,
    onclose: () => {
      closed += 1;
    },
  });
  try {
    await sql.unsafe(statement);
  } catch (error) {
    await sql.end({ timeout: 1 });
    throw error;
  }
  return {
    async alive() {
      if (closed > 0) return false;
      return sql`SELECT 1`.then(
        () => closed === 0,
        () => false,
      );
    },
    close: () => sql.end({ timeout: 1 }),
  };
}

/** What a promise is rejected with, in words; the empty text when it is not. */
export async function refusalOf(promise: PromiseLike<unknown>): Promise<string> {
  try {
    await promise;
    return '';
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}
