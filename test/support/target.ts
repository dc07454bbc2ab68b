import postgres from 'postgres';
import { unseal } from '../../crypto/sealing.ts';
import type { Login } from './foreign-client.ts';
import type { Stack } from './stack.ts';
import type { Story } from './story.ts';

/** What the target's own catalogs say about all roles: equal before and after when nothing of a grant is left. */
export interface TargetState {
  roles: string[];
  memberships: string[];
  /** Sessions of accounts that grants made. */
  sessions: number;
}

/** A superuser's connection to the target server, for looking past the connector. The caller ends it. */
export function superuser(stack: Stack): postgres.Sql {
  return postgres(stack.targetServer.url, { max: 1, fetch_types: false, onnotice: () => undefined });
}

/** Reads the whole server's roles. */
export async function targetState(sql: postgres.Sql): Promise<TargetState> {
  const roles = await sql<{ line: string }[]>`
    select rolname || case when rolcanlogin then ' login' else '' end as line from pg_roles order by 1`;
  const memberships = await sql<{ line: string }[]>`
    select roleid::regrole || ' to ' || member::regrole as line from pg_auth_members order by 1`;
  const [open] = await sql<{ count: number }[]>`
    select count(*)::integer as count from pg_stat_activity where usename like 'tnr\_%'`;
  return {
    roles: roles.map((row) => row.line),
    memberships: memberships.map((row) => row.line),
    sessions: open?.count ?? 0,
  };
}

/** What the holder of a grant signs in with. @throws RangeError when there is no grant or its password is gone. */
export function loginOf(stack: Stack, story: Story, database: string): Login {
  const { grant } = story;
  if (!grant?.sealedPassword) throw new RangeError('There is nothing to sign in with.');
  return {
    host: '127.0.0.1',
    port: stack.targetServer.port,
    database,
    username: grant.account,
    password: unseal(stack.keys.sealing, grant.sealedPassword, `grant:${grant.id}`),
  };
}
