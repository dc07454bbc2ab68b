import { cp, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { drizzle } from 'drizzle-orm/postgres-js';
import { migrate } from 'drizzle-orm/postgres-js/migrator';
import postgres from 'postgres';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freshFolder } from '../../bin/local/server-user.ts';
import { migrateLedger } from '../../db/migrate.ts';
import { newId } from '../../domain/ids.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';

// A ledger of version 0.1 as it may lie somewhere, with an owner who is no superuser: row security binds it too.

let server: EphemeralPostgres;
let superuser: postgres.Sql;
let ownerUrl: string;

beforeAll(async () => {
  server = await ephemeralPostgres();
  const maker = postgres(server.url, { max: 1, onnotice: () => undefined });
  await maker.unsafe("create role tenure_company login createrole password 'owner'");
  await maker.unsafe('create database tenure owner tenure_company');
  await maker.end({ timeout: 1 });
  const url = new URL(server.url);
  url.pathname = '/tenure';
  superuser = postgres(url.href, { max: 1, onnotice: () => undefined });
  url.username = 'tenure_company';
  url.password = 'owner';
  ownerUrl = url.href;
});

afterAll(async () => {
  await superuser?.end({ timeout: 1 });
  await server?.stop();
});

/** Runs the first so many migrations. */
async function migrateAsFarAs(count: number): Promise<void> {
  const folder = freshFolder('tenure-migrations-', undefined);
  const client = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await cp(fileURLToPath(new URL('../../db/migrations', import.meta.url)), folder, { recursive: true });
    const journalFile = join(folder, 'meta', '_journal.json');
    const journal: { entries: unknown[] } = JSON.parse(await readFile(journalFile, 'utf8'));
    await writeFile(journalFile, JSON.stringify({ ...journal, entries: journal.entries.slice(0, count) }));
    await migrate(drizzle(client), { migrationsFolder: folder });
  } finally {
    await client.end({ timeout: 1 });
    await rm(folder, { recursive: true, force: true });
  }
}

it('knows of every grant of before when access began, and of those that never began that they did not', async () => {
  await migrateAsFarAs(5);
  const begunAt = new Date('2026-03-04T05:06:07.089Z');
  const grants: [id: string, state: string, endedBy: string | null, hasBegun: boolean][] = [
    [newId('grant'), 'held', null, true],
    [newId('grant'), 'ended', 'time', true],
    [newId('grant'), 'ended', 'revocation', true],
    [newId('grant'), 'ended', 'revocation', false],
    [newId('grant'), 'ended', 'engine', false],
    [newId('grant'), 'failed', 'rollback', false],
    [newId('grant'), 'provisioning', null, false],
  ];
  await superuser.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const [id, state, endedBy, hasBegun] of grants) {
      await tx`
        insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
          entitlement_id, "from", until, ended_at, ended_by, policy_version, account)
        values (${id}, ${newId('req')}, 'request', ${state}, 'p', 'o', 'o', 'r', 'e', '2026-03-04T05:06:00Z', '2026-03-04T07:00:00Z',
          ${endedBy && '2026-03-04T07:00:00Z'}, ${endedBy}, 'v', ${id})`;
      if (hasBegun)
        await tx`insert into audit_event (id, type, occurred_at, actor_kind, actor_id, subject_kind, subject_id, grant_id, commitment, cluster)
          values (${newId('aud')}, 'grant.begun', ${begunAt}, 'engine', 'engine', 'grant', ${id}, ${id}, 'sha256:test', 'here')`;
    }
  });
  await migrateAsFarAs(11);
  const rows = await superuser`select id, begun_at as "begunAt" from access_grant order by id`;
  expect([...rows]).toEqual(grants.map(([id, , , hasBegun]) => ({ id, begunAt: hasBegun ? begunAt : null })));
  const guards = await superuser`
    select count(*) filter (where tgenabled <> 'O')::integer as off, bool_and(c.relforcerowsecurity) as forced
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relname in ('access_grant', 'audit_event')`;
  expect([...guards]).toEqual([{ off: 0, forced: true }]);
});

it('knows of every renewal of before why the end moved', async () => {
  const renewals: [id: string, until: string, cause: string][] = [
    [newId('renewal'), '2027-02-01T00:00:00Z', 'contract'],
    [newId('renewal'), '2026-12-01T00:00:00Z', 'shortening'],
  ];
  await superuser.begin(async (tx) => {
    await tx`set local session_replication_role = replica`;
    for (const [id, until] of renewals)
      await tx`
        insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until)
        values (${id}, 'g', 's', 'o', 'o', '2027-01-01T00:00:00Z', ${until})`;
  });
  await migrateLedger(ownerUrl);
  await migrateLedger(ownerUrl);
  const rows = await superuser`select id, cause, review_id as "reviewId" from renewal order by id`;
  expect([...rows]).toEqual(renewals.map(([id, , cause]) => ({ id, cause, reviewId: null })));
  const guards = await superuser`
    select count(*) filter (where tgenabled <> 'O')::integer as off, bool_and(c.relforcerowsecurity) as forced
    from pg_trigger t join pg_class c on c.oid = t.tgrelid where c.relname = 'renewal'`;
  expect([...guards]).toEqual([{ off: 0, forced: true }]);
});
