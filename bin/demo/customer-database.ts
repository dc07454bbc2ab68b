import postgres from 'postgres';
import { z } from 'zod';

/** What `POST …/credential` hands out. */
export const credentialSchema = z.object({
  grant_id: z.string(),
  username: z.string(),
  password: z.string(),
  host: z.string(),
  port: z.number(),
  database: z.string(),
  valid_until: z.string(),
});
export type Credential = z.infer<typeof credentialSchema>;

/** Signs in to the customer's database as the holder would, with one connection that is not made again by itself. */
export function signIn(credential: Credential, password = credential.password): postgres.Sql {
  const { host, port, database, username } = credential;
  return postgres({
    host,
    port,
    database,
    username,
    password,
    max: 1,
    connect_timeout: 5,
    onnotice: () => undefined,
  });
}

/** The error that signing in ends with, in the server's own words; null when it succeeds. */
export async function refusalOf(credential: Credential, password?: string): Promise<string | null> {
  const sql = signIn(credential, password);
  try {
    await sql`select 1`;
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    await sql.end({ timeout: 1 }).catch(() => undefined);
  }
}

/** How many roles of that name the server's own catalog has, asked as its superuser. */
export async function rolesNamed(superuserUrl: string, name: string): Promise<number> {
  const sql = postgres(superuserUrl, { max: 1 });
  try {
    return (await sql`select from pg_roles where rolname = ${name}`).length;
  } finally {
    await sql.end({ timeout: 1 });
  }
}

/** The process id of a session's backend. */
export async function backendOf(session: postgres.Sql): Promise<number> {
  return (await session<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0;
}

/** Whether the server still has that backend, asked as its superuser. */
export async function isBackendAlive(superuserUrl: string, pid: number): Promise<boolean> {
  const sql = postgres(superuserUrl, { max: 1 });
  try {
    return (await sql`select from pg_stat_activity where pid = ${pid}`).length > 0;
  } finally {
    await sql.end({ timeout: 1 });
  }
}
