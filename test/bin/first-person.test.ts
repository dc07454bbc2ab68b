import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFirstOn } from '../../bin/first-person.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { ephemeralPostgres } from '../support/postgres.ts';

// A production installation begins with nobody in it: whoever is at the machine makes the first two, and nobody after them.

const masterKey = Buffer.alloc(32, 7).toString('base64url');
const publicUrl = 'https://tenure.northwind.example';

let server: Awaited<ReturnType<typeof ephemeralPostgres>>;
let ledger: Ledger;
beforeAll(async () => {
  server = await ephemeralPostgres();
  await prepareLedger({ ownerUrl: server.url, key: masterKey });
  ledger = openLedger({ url: server.url, applicationName: 'tenure-test' });
});
afterAll(async () => {
  await ledger.close();
  await server.stop();
});

const first = (email: string, organization: string | null = null, recovery: string | null = null) =>
  makeFirstOn(
    { ownerUrl: server.url, masterKey, publicUrl },
    { email, name: 'Ada', organization, region: 'eu', recovery },
  );
const count = async (query: ReturnType<typeof sql>) => (await ledger.db.execute(query)).length;

describe('The first people', () => {
  it('are made with their company, a role that can set up the rest, and a link that works once', async () => {
    await expect(first('ada@northwind.example')).rejects.toThrow('no company yet');
    expect(await count(sql`select 1 from organization`)).toBe(0);
    const { link } = await first('Ada@northwind.example', 'Northwind Cloud');
    expect(link).toMatch(/^https:\/\/tenure\.northwind\.example\/welcome\/[\w-]{43}$/);
    const [made] = await ledger.db.execute(sql`
      select p.email, o.kind, o.key, r.duties from person p join organization o on o.id = p.organization_id
        join person_role h on h.person_id = p.id join role r on r.id = h.role_id`);
    expect(made).toMatchObject({ email: 'ada@northwind.example', kind: 'vendor', key: 'northwind-cloud' });
    expect(made?.['duties']).toContain('manage-access');
    expect(made?.['duties']).not.toContain('administer-customer');
    expect(await count(sql`select 1 from audit_event where type in ('person.added', 'role.given')`)).toBe(2);
    expect(await count(sql`select 1 from mail`)).toBe(0);
  });

  it('get a new link when theirs was lost; the former one opens nothing', async () => {
    await first('ada@northwind.example');
    expect(await count(sql`select 1 from person`)).toBe(1);
    expect(await count(sql`select 1 from welcome where voided_at is null`)).toBe(1);
  });

  it('are two, because everything else takes a second person, and no third', async () => {
    await first('omar@northwind.example');
    await expect(first('eve@northwind.example')).rejects.toThrow('Two administrators can sign in');
    expect(await count(sql`select 1 from person`)).toBe(2);
  });

  it('are not let in anew once both can sign in: nobody at the machine becomes one of them', async () => {
    await ledger.db.transaction(async (tx) => {
      // Whatever way they were made.
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql`
        insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id)
        select 'pk_' || id, id, organization_id, id, 'k', 0, '{}', false, 'k', 'welcome', id from person`);
    });
    await expect(first('ada@northwind.example')).rejects.toThrow('Two administrators can sign in');
    await ledger.db.execute(sql`
      update passkey set revoked_at = tenure_now(), revoked_by = 'removal' where person_id = (select id from person where email like 'ada@%')`);
    // Also not when one of them can no more, unless whoever is at the machine says why; and nobody is let in unseen.
    await expect(first('ada@northwind.example')).rejects.toThrow('had its first people');
    await expect(first('ada@northwind.example')).rejects.toThrow('--recover');
    expect(await count(sql`select 1 from mail`)).toBe(0);
    await first('ada@northwind.example', null, 'Ada lost her key');
    const told = await ledger.db.execute(
      sql`select p.email from mail m join person p on p.id = m.to_person_id where m.kind = 'sign-in-recovered' order by 1`,
    );
    expect(told.map(({ email }) => email)).toEqual(['ada@northwind.example', 'omar@northwind.example']);
    const events = await ledger.db.execute(sql`
      select t.reason from audit_event e join audit_text t on t.event_id = e.id where e.type = 'sign_in.recovered'`);
    expect(events).toMatchObject([{ reason: 'Ada lost her key' }]);
  });

  it('are made no more once an identity provider is live', async () => {
    await ledger.db.execute(sql`update welcome set voided_at = tenure_now(), sealed_token = null`);
    await ledger.db.execute(sql`
      insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
      select ${newId('dom')}, id, 'northwind.example', 't', 'dns', tenure_now() from organization`);
    await ledger.db.execute(sql`
      insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state)
      select ${newId('idp')}, id, 'Okta', 'https://northwind.okta.example', 'tenure', '{}', 'live' from organization`);
    await expect(first('ada@northwind.example')).rejects.toThrow('identity provider already');
    await expect(first('ada@northwind.example', null, 'A try')).rejects.toThrow('identity provider already');
  });

  it('are not made again when a provider is retired', async () => {
    await ledger.db.transaction(async (tx) => {
      await tx.execute(sql`set local session_replication_role = replica`);
      await tx.execute(sql`delete from passkey`);
      await tx.execute(sql`update sign_in_provider set state = 'retired', live_at = tenure_now()`);
    });
    await expect(first('eve@northwind.example')).rejects.toThrow('had its first people');
  });
});
