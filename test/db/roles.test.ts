import { readFile } from 'node:fs/promises';
import postgres from 'postgres';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { prepareLedger, type PreparedLedger } from '../../bin/prepare.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { isConfined } from '../../db/queries/readiness.ts';
import { refusal } from '../support/ledger-roles.ts';
import { type EphemeralPostgres, ephemeralPostgres } from '../support/postgres.ts';

// The owner here is no superuser, as in production, and the server logs every statement.

const key = Buffer.alloc(32, 3).toString('base64url');
const ownerPassword = 'a password that only the owner has';
let server: EphemeralPostgres;
let superuser: postgres.Sql;
let ownerUrl: string;
let prepared: PreparedLedger;
const opened: (Ledger | postgres.Sql)[] = [];

beforeAll(async () => {
  server = await ephemeralPostgres({ settings: { log_statement: 'all' } });
  superuser = postgres(server.url, { max: 1, onnotice: () => undefined });
  await superuser.unsafe(`create role tenure_company login createrole password '${ownerPassword}'`);
  await superuser.unsafe('create database tenure owner tenure_company');
  ownerUrl = addressOf('tenure_company', ownerPassword);
  prepared = await prepareLedger({ ownerUrl, key });
});

afterAll(async () => {
  for (const one of opened) await ('close' in one ? one.close() : one.end({ timeout: 1 }));
  await superuser?.end({ timeout: 1 });
  await server?.stop();
});

function addressOf(name: string, password: string): string {
  const url = new URL(server.url);
  url.username = name;
  url.password = encodeURIComponent(password);
  url.pathname = '/tenure';
  return url.href;
}

function connect(url: string): postgres.Sql {
  const client = postgres(url, { max: 1, onnotice: () => undefined });
  opened.push(client);
  return client;
}

/** What a start could change: policies by their own ids, and the rights on every table. */
async function catalog() {
  const owner = connect(ownerUrl);
  return {
    policies: await owner`select oid, polname, polroles::text from pg_policy order by oid`,
    rights:
      await owner`select relname, relacl::text from pg_class where relnamespace = 'public'::regnamespace order by 1`,
  };
}

describe('preparing the ledger', () => {
  it('makes the two roles able to sign in and tells no log their passwords', async () => {
    for (const url of [prepared.appUrl, prepared.systemUrl]) {
      const [row] = await connect(url)`select current_user as name`;
      expect(row?.['name']).toBe(new URL(url).username);
    }
    const log = await readFile(server.logFile, 'utf8');
    expect(log).toContain('SCRAM-SHA-256$');
    for (const url of [prepared.appUrl, prepared.systemUrl]) expect(log).not.toContain(new URL(url).password);
  });

  it('changes nothing the second time, and waits for nobody who is at work', async () => {
    const before = await catalog();
    const system = connect(prepared.systemUrl);
    const again = await system.begin(async (tx) => {
      await tx`select count(*) from access_request, access_grant, audit_event, person`;
      await tx`lock table access_request, access_grant, person in row exclusive mode`;
      return prepareLedger({ ownerUrl, key });
    });
    expect(again).toEqual(prepared);
    expect(await catalog()).toEqual(before);
  });

  it('takes back what a role was granted before and has not any more', async () => {
    const before = await catalog();
    const owner = connect(ownerUrl);
    const application = new URL(prepared.appUrl).username;
    await owner.unsafe(`grant insert on audit_event to ${application}`);
    await owner.unsafe(`grant update on access_grant to ${application}`);
    await owner.unsafe(`grant all on all sequences in schema public to ${application}`);
    await owner.unsafe('drop policy system on access_grant');
    await prepareLedger({ ownerUrl, key });
    expect((await catalog()).rights).toEqual(before.rights);
    const [policy] =
      await owner`select roles::text[] from pg_policies where tablename = 'access_grant' and policyname = 'system'`;
    expect(policy).toEqual({ roles: [new URL(prepared.systemUrl).username] });
  });
});

describe('a role that is not the owner', () => {
  it.each(['application', 'system'] as const)(
    'makes no table, not even a temporary one, and no trigger of ours: %s',
    async (who) => {
      const sql = connect(who === 'application' ? prepared.appUrl : prepared.systemUrl);
      for (const attack of [
        'create table access_grant_of_mine (id text)',
        'create temporary table access_grant (id text)',
        'create schema mine',
      ])
        expect({ attack, refused: await refusal(sql.unsafe(attack)) }).toEqual({ attack, refused: '42501' });
      const allowed = await sql`
        select proname from pg_proc where pronamespace = 'public'::regnamespace and prorettype = 'trigger'::regtype
          and has_function_privilege(current_user, oid, 'EXECUTE')`;
      expect([...allowed]).toEqual([]);
    },
  );

  it('is confined only if it has neither the owner’s nor the system’s rights, by inheritance either', async () => {
    const [application, system] = [prepared.appUrl, prepared.systemUrl].map((url) => new URL(url).username);
    for (const [name, of] of [
      ['heir_of_application', application],
      ['heir_of_system', system],
      ['heir_of_owner', 'tenure_company'],
    ])
      await superuser.unsafe(`create role ${name} login password 'heir' in role ${of}, ${application}`);
    const confined = async (url: string) => {
      const ledger = openLedger({ url, max: 1, applicationName: 'tenure-test' });
      opened.push(ledger);
      return isConfined(ledger.db);
    };
    expect({
      application: await confined(prepared.appUrl),
      heirOfApplication: await confined(addressOf('heir_of_application', 'heir')),
      system: await confined(prepared.systemUrl),
      heirOfSystem: await confined(addressOf('heir_of_system', 'heir')),
      owner: await confined(ownerUrl),
      heirOfOwner: await confined(addressOf('heir_of_owner', 'heir')),
      superuser: await confined(server.url.replace('/postgres', '/tenure')),
    }).toEqual({
      application: true,
      heirOfApplication: true,
      system: false,
      heirOfSystem: false,
      owner: false,
      heirOfOwner: false,
      superuser: false,
    });
  });
});
