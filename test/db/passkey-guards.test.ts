import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// What must hold for passkeys, whoever writes and with whatever SQL.

const sam = 'sam@northwind.example';
const priya = 'priya@northwind.example';
const ada = 'ada@northwind.example';
const anna = 'anna@acme.example';
const tom = 'tom@acme.example';
const gus = 'gus@globex.example';

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
});
afterAll(() => ledger?.stop());

/** With the application's role and that person's eyes; the SQLSTATE of the refusal or `accepted`. */
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'own');
  return refusal(within(ledger.application, scope, (tx) => tx.execute(attack)));
}
/** The same as the owner, whom only the guards bind. */
const owner = async (query: SQL) => {
  const scope = await scopeOf(ledger, ada, 'all');
  return within({ ...ledger.application, db: ledger.system.db }, scope, (tx) => tx.execute(query));
};

const session = (id: string, email: string, agoMinutes = 0) => sql`
  insert into session (id, person_id, organization_id, method, provider_id, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
  select ${id}, p.id, p.organization_id, 'oidc', i.id, ${id}, 'token', '{}', tenure_now() - ${agoMinutes} * interval '1 minute',
    tenure_now() + interval '1 hour', tenure_now() + interval '1 hour', 'Test'
  from person p join sign_in_provider i on i.organization_id = p.organization_id and i.state = 'live' where p.email = ${email}`;
const challenge = (
  id: string,
  email: string,
  sessionId: string,
  purpose = 'enrol',
  signs: object | null = null,
) => sql`
  insert into passkey_challenge (id, organization_id, purpose, person_id, session_id, browser_hash, challenge, nonce, signs, expires_at)
  select ${id}, organization_id, ${purpose}, id, ${sessionId}, 'browser', ${id}, 'nonce', ${signs && JSON.stringify(signs)}::jsonb,
    tenure_now() + interval '5 minutes' from person where email = ${email}`;
const use = (id: string) => sql`update passkey_challenge set used_at = tenure_now() where id = ${id}`;
const key = (id: string, email: string, challengeId: string, madeBy = 'self') => sql`
  insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id)
  select ${id}, id, organization_id, ${id}, 'key', 5, '{}', false, 'Test', ${madeBy}, ${challengeId} from person where email = ${email}`;

async function liveProvider(organization: string): Promise<void> {
  await ledger.system.db.execute(sql`
    insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
    select ${newId('dom')}, id, ${`${organization}.test`}, 't', 'local', tenure_now() from organization where key = ${organization}`);
  await ledger.system.db.execute(sql`
    insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state)
    select ${newId('idp')}, id, 'Test', 'https://sign-in.example', 'tenure', '{}', 'live' from organization where key = ${organization}`);
}

/** A session, a used challenge and a passkey of theirs. */
async function enrolled(email: string): Promise<{ ses: string; chal: string; pk: string }> {
  const [ses, chal, pk] = [newId('ses'), newId('chal'), newId('pk')];
  for (const step of [session(ses, email), challenge(chal, email, ses), use(chal), key(pk, email, chal)])
    expect(await as(email, step)).toBe('accepted');
  return { ses, chal, pk };
}

beforeAll(async () => {
  for (const organization of ['northwind', 'acme', 'globex']) await liveProvider(organization);
});

describe('A passkey is made', () => {
  it('by its own person, with a challenge of theirs that was just used', async () => {
    const { ses, chal } = await enrolled(sam);
    // One for each challenge.
    expect(await as(sam, key(newId('pk'), sam, chal))).toBe('23505');
    const unused = newId('chal');
    expect(await as(sam, challenge(unused, sam, ses))).toBe('accepted');
    expect(await as(sam, key(newId('pk'), sam, unused))).toBe('TN033');
    expect(await as(sam, use(unused))).toBe('accepted');
    expect(await as(priya, key(newId('pk'), priya, unused))).toBe('TN033');
    expect(await as(priya, key(newId('pk'), sam, unused))).toBe('TN033');
    // Not as if by a welcome, nor with a challenge for something else.
    expect(await as(sam, key(newId('pk'), sam, unused, 'welcome'))).toBe('TN033');
    const stepUp = newId('chal');
    expect(await as(sam, challenge(stepUp, sam, ses, 'step-up', { kind: 'session' }))).toBe('accepted');
    expect(await as(sam, use(stepUp))).toBe('accepted');
    expect(await as(sam, key(newId('pk'), sam, stepUp))).toBe('TN033');
  });

  it('with a session in which they have lately shown who they are, and while they are here', async () => {
    const [ses, chal] = [newId('ses'), newId('chal')];
    for (const step of [session(ses, priya, 21), challenge(chal, priya, ses), use(chal)])
      expect(await as(priya, step)).toBe('accepted');
    expect(await as(priya, key(newId('pk'), priya, chal))).toBe('TN033');
    expect(await as(sam, challenge(newId('chal'), sam, ses))).toBe('TN033');
    expect(await as(sam, challenge(newId('chal'), priya, ses))).toBe('TN033');
  });

  it('and is told of by a message, whatever writes it', async () => {
    const { pk } = await enrolled(anna);
    const rows = await ledger.system.db.execute<{ kind: string; email: string }>(sql`
      select m.kind, p.email from mail m join person p on p.id = m.to_person_id join outbox o on o.subject_id = m.id
      where m.id = ${`mail_${pk.slice(3)}`}`);
    expect([...rows]).toEqual([{ kind: 'passkey-enrolled', email: anna }]);
  });
});

describe('A passkey stays what it is', () => {
  it('counts up, is removed once and for good, and by whom it concerns', async () => {
    const { pk } = await enrolled(tom);
    const set = (change: SQL) => sql`update passkey set ${change} where id = ${pk}`;
    expect(await as(tom, set(sql`counter = 4, last_used_at = tenure_now()`))).toBe('TN033');
    expect(await as(tom, set(sql`last_used_at = tenure_now()`))).toBe('TN033');
    expect(await as(tom, set(sql`counter = 6`))).toBe('accepted');
    expect(await as(anna, set(sql`counter = 7`))).toBe('TN033');
    expect(await as(anna, set(sql`name = 'other'`))).toBe('TN020');
    expect(await as(tom, set(sql`name = 'other'`))).toBe('accepted');
    for (const column of ['person_id', 'public_key', 'credential_id', 'organization_id'])
      expect(await as(tom, set(sql`${sql.identifier(column)} = 'other'`))).toBe('42501');
    expect(await as(tom, sql`delete from passkey where id = ${pk}`)).toBe('42501');
    await expect(owner(set(sql`public_key = 'other'`))).rejects.toThrow();
    const revoke = set(sql`revoked_at = tenure_now(), revoked_by = 'revocation'`);
    // A customer's own people are all that its people reach; there, an administrator.
    expect(await as(gus, sql`${revoke} returning 1`)).toBe('accepted');
    expect(await count(sql`select 1 from passkey where id = ${pk} and revoked_at is not null`)).toBe(0);
    expect(await as(sam, revoke)).toBe('TN020');
    expect(await as(anna, revoke)).toBe('accepted');
    expect(await as(tom, set(sql`revoked_at = null, revoked_by = null`))).toBe('TN037');
    expect(await as(tom, set(sql`counter = 100`))).toBe('TN037');
  });

  it('signs nobody in where a provider is live, nor anybody but its person', async () => {
    const { pk } = await enrolled(sam);
    const begin = (email: string, passkey: string | null) => sql`
      insert into session (id, person_id, organization_id, method, passkey_id, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
      select ${newId('ses')}, id, organization_id, 'passkey', ${passkey}, ${newId('ses')}, 't', '{mfa}', tenure_now(),
        tenure_now() + interval '1 hour', tenure_now() + interval '1 hour', 'Test' from person where email = ${email}`;
    expect(await as(sam, begin(sam, pk))).toBe('TN033');
    await ledger.system.db.execute(sql`update sign_in_provider set state = 'retired'`);
    expect(await as(priya, begin(priya, pk))).toBe('TN033');
    expect(await as(sam, begin(sam, null))).toBe('TN033');
    expect(await as(sam, begin(sam, pk))).toBe('accepted');
    await ledger.system.db.execute(
      sql`update passkey set revoked_at = tenure_now(), revoked_by = 'offboarding' where id = ${pk}`,
    );
    expect(await as(sam, begin(sam, pk))).toBe('TN033');
  });
});

describe('What was signed', () => {
  it('is used once, kept, and never anybody else’s', async () => {
    await ledger.system.db.execute(sql`
      insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state)
      select ${newId('idp')}, id, 'Test', 'https://sign-in.example', 'tenure', '{}', 'live' from organization where key = 'globex'`);
    const { ses, chal, pk } = await enrolled(gus);
    const set = (id: string, change: SQL) => sql`update passkey_challenge set ${change} where id = ${id}`;
    expect(await as(gus, set(chal, sql`used_at = tenure_now()`))).toBe('TN030');
    expect(await as(gus, set(chal, sql`purpose = 'sign-in'`))).toBe('42501');
    const signing = newId('chal');
    expect(await as(gus, challenge(signing, gus, ses, 'step-up', { kind: 'session' }))).toBe('accepted');
    const sign = (passkey: string) => sql`passkey_id = ${passkey}, assertion = '{}'`;
    expect(await as(gus, set(signing, sign(pk)))).toBe('TN030');
    expect(await as(gus, set(signing, sql`used_at = tenure_now()`))).toBe('accepted');
    expect(await as(gus, set(signing, sign('pk_of_nobody')))).toBe('TN033');
    expect(await as(gus, set(signing, sign(pk)))).toBe('accepted');
    expect(await as(gus, set(signing, sign(pk)))).toBe('TN030');
    expect(await as(gus, sql`delete from passkey_challenge where id = ${signing}`)).toBe('TN011');
    expect(await as(gus, sql`delete from passkey_challenge where id = ${chal}`)).toBe('TN011');
  });

  it('is seen by its organization and the vendor alone', async () => {
    const seen = async (email: string) => {
      const scope = await scopeOf(ledger, email, 'own');
      const rows = await within(ledger.application, scope, (tx) =>
        tx.execute(sql`select 1 from passkey k join person p on p.id = k.person_id where p.email = ${gus}`),
      );
      return rows.length;
    };
    expect(await seen(gus)).toBeGreaterThan(0);
    expect(await seen(ada)).toBeGreaterThan(0);
    expect(await seen(anna)).toBe(0);
  });
});

async function count(query: SQL): Promise<number> {
  return (await ledger.system.db.execute(query)).length;
}
