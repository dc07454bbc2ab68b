import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { scramVerifier } from '../../crypto/scram.ts';

/** The example's databases: which server each is on, and whether customers share it (then a grant names one). */
const exampleDatabases = {
  shared_eu: { region: 'eu', shared: true },
  acme_env: { region: 'eu', shared: false },
  shared_us: { region: 'us', shared: true },
  globex_env: { region: 'us', shared: false },
  initech_env: { region: 'us', shared: false },
} as const;

export type ExampleDatabase = keyof typeof exampleDatabases;
export type ExampleRegion = (typeof exampleDatabases)[ExampleDatabase]['region'];

/** What the connector's settings say about one of the example's databases, beside where its server is. */
export function exampleSettings(database: ExampleDatabase): {
  database: string;
  owner: string;
  roles: Record<string, string>;
  scoped: boolean;
} {
  const entitlements = ['read', 'write', 'operate', 'administer'];
  return {
    database,
    owner: `${database}_keeper`,
    roles: Object.fromEntries(entitlements.map((entitlement) => [entitlement, `${database}_${entitlement}`])),
    scoped: exampleDatabases[database].shared,
  };
}

/**
 * Makes one region's server hold the example's target databases, their roles and rows, and the connector's account.
 * Safe at every start, also while grants live and another process uses the server. Without a superuser it fails.
 *
 * @param superuserUrl of any database on that server.
 * @param connectorPassword what `tenure_connector` signs in with from now on; only its verifier reaches the server.
 */
export async function prepareExampleTargets(
  region: ExampleRegion,
  superuserUrl: string,
  connectorPassword: string,
): Promise<void> {
  const verifier = await scramVerifier(connectorPassword);
  const names = databasesOf(region);
  await inDatabase(superuserUrl, 'postgres', async (sql) => {
    for (const name of names) {
      const known = await sql`SELECT FROM pg_database WHERE datname = ${name}`;
      if (known.length === 0) await sql.unsafe(`CREATE DATABASE ${name}`);
    }
    await run(sql, 'server.sql', { verifier });
  });
  for (const database of names) {
    await inDatabase(superuserUrl, database, async (sql) => {
      await run(sql, 'database.sql', { database });
      await run(sql, exampleDatabases[database].shared ? 'shared.sql' : 'environment.sql', { database });
    });
  }
}

function databasesOf(region: ExampleRegion): ExampleDatabase[] {
  const all: ExampleDatabase[] = ['shared_eu', 'acme_env', 'shared_us', 'globex_env', 'initech_env'];
  return all.filter((name) => exampleDatabases[name].region === region);
}

async function inDatabase(
  url: string,
  database: string,
  work: (sql: postgres.Sql) => Promise<void>,
): Promise<void> {
  const sql = postgres(url, { database, max: 1, connect_timeout: 10, onnotice: () => {} });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

/** Runs one file as one transaction. What replaces the placeholders is ours: names from this file and a verifier. */
async function run(sql: postgres.Sql, file: string, values: Record<string, string>): Promise<void> {
  const text = await readFile(new URL(`../../examples/targets/${file}`, import.meta.url), 'utf8');
  const filled = text.replaceAll(/\{\{(\w+)\}\}/g, (_, name: string) => {
    const value = values[name];
    if (value === undefined) throw new TypeError(`${file}: nothing to put for ${name}`);
    return value;
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      await sql.unsafe(filled);
      return;
    } catch (error) {
      if (attempt >= 10 || !metAnother(error)) throw error;
    }
  }
}

/** True when two sessions changed the same role or database at once ("tuple concurrently updated"). */
function metAnother(error: unknown): boolean {
  return error instanceof postgres.PostgresError && ['XX000', '40P01', '40001'].includes(error.code);
}
