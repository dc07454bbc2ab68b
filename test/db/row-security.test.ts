import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Scope, within } from '../../db/client.ts';
import { ask, decide } from '../support/asking.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';
import { orderEnding } from '../support/story.ts';

let ledger: LedgerRoles;
let tables: string[];

const signInTables = [
  'sign_in_provider',
  'sign_in_domain',
  'sign_in_domain_acceptance',
  'sign_in_attempt',
  'session',
  'scim_token',
  'scim_user',
  'scim_group',
  'scim_member',
  'webhook_endpoint',
  'webhook_delivery',
  'signal_source',
  'signal',
];

/** Tables with an organization that say nothing about a tenant's people or records. */
const catalog = new Set(['resource']);

beforeAll(async () => {
  ledger = await startLedgerRoles();
  const system = ledger.system.db;
  for (const [resource, approver] of [
    ['acme-env', 'anna@acme.example'],
    ['globex-env', 'priya@northwind.example'],
  ] as const) {
    const stages =
      resource === 'acme-env' ? ['support-lead', 'customer-administrator@acme'] : ['support-lead'];
    const { requestId } = await ask(system, { resource, stages });
    await decide(system, requestId, approver);
    await orderEnding(system, requestId, 'cancellation');
    const open = await ask(system, { resource });
    await writeFacts(open.requestId);
    await writeProcessFacts(open.requestId);
    await writeSignInFacts(open.requestId);
  }
  const secured = await ledger.owner<{ name: string }[]>`
    select relname as name from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity order by 1`;
  tables = secured.map((row) => row.name);
});

afterAll(async () => {
  await ledger?.stop();
});

/** One row in every table that a request's life fills. */
async function writeFacts(requestId: string): Promise<void> {
  await ledger.owner.begin(async (tx) => {
    const grantId = `grant_${requestId.slice('req_'.length)}`;
    await tx`insert into access_grant (id, request_id, origin, state, person_id, organization_id, holder_organization_id,
        resource_id, entitlement_id, "from", until, policy_version, account)
      select ${grantId}, id, 'request', 'provisioning', person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, tenure_now(), tenure_now() + interval '1 minute', 'test', ${grantId} from access_request where id = ${requestId}`;
    await tx`insert into extension (request_id, grant_id, organization_id, holder_organization_id, former_until, until)
      select ${requestId}, id, organization_id, holder_organization_id, until, until + interval '1 minute' from access_grant where id = ${grantId}`;
    await tx`insert into task (id, kind, grant_id, organization_id, holder_organization_id, owner_person_id)
      select ${`task_${requestId}`}, 'overdue', id, organization_id, holder_organization_id, person_id from access_grant where id = ${grantId}`;
    await tx`insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id, commitment)
      select ${`aud_${requestId}`}, 'grant.begun', 'engine', 'engine', 'grant', id, organization_id, holder_organization_id, 'sha256:test'
      from access_grant where id = ${grantId}`;
    await tx`insert into audit_text (event_id, organization_id, holder_organization_id, salt)
      select id, organization_id, holder_organization_id, 'salt' from audit_event where id = ${`aud_${requestId}`}`;
    await tx`insert into source_identity (person_id, organization_id, source, external_id, claims)
      select person_id, organization_id, 'test', ${requestId}, '{}' from access_request where id = ${requestId}`;
    await tx`insert into idempotency (caller, key, request_hash, expires_at)
      select person_id, ${requestId}, 'hash', tenure_now() + interval '1 hour' from access_request where id = ${requestId}`;
  });
}

/** And one in every table that a customer's contract and its processes fill. */
async function writeProcessFacts(requestId: string): Promise<void> {
  const suffix = requestId.slice('req_'.length);
  const [processId, fenceId, eventId] = [`proc_${suffix}`, `fence_${suffix}`, `evt_${suffix}`];
  await ledger.owner.begin(async (tx) => {
    const [asked] = await tx<{ organization: string; person: string }[]>`
      select r.organization_id as organization, (select id from person p where p.organization_id = r.organization_id order by id limit 1) as person
      from access_request r where r.id = ${requestId}`;
    if (!asked) throw new RangeError('No such request.');
    const { organization, person } = asked;
    await tx`insert into process (id, kind, organization_id, person_id, cause, wish)
      values (${processId}, 'role-change', ${organization}, ${person}, 'roster', '{}')`;
    await tx`insert into process_person (process_id, person_id, organization_id) values (${processId}, ${person}, ${organization})`;
    await tx`update process set state = 'running' where id = ${processId}`;
    await tx`insert into access_grant (id, process_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
        entitlement_id, "from", until, policy_version, account)
      select ${`grant_s${suffix}`}, ${processId}, 'contract', 'provisioning', ${person}, ${organization}, ${organization}, e.resource_id,
        e.id, tenure_now(), tenure_now() + interval '2 minutes', 'test', ${person}
      from entitlement e join resource r on r.id = e.resource_id where r.key = 'northwind-app' and e.key = 'use'`;
    await tx`insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until, cause)
      select ${`ren_${suffix}`}, id, ${processId}, organization_id, organization_id, until, until - interval '1 minute', 'shortening'
      from access_grant where id = ${`grant_s${suffix}`}`;
    await tx`insert into review_line (id, person_id, organization_id, reviewer, reason)
      select ${`review_${suffix}`}, ${person}, ${organization}, id, 'test' from person where email = 'omar@northwind.example'`;
    await tx`insert into contract (organization_id, content) values (${organization}, '{}')`;
    await tx`insert into contract_link (source, external_id, organization_id) values ('test', ${suffix}, ${organization})`;
    await tx`insert into event_source (key, name, scheme, mapping, secrets) values ('test', 'Test', 'standard', '{}', '[]')
      on conflict do nothing`;
    await tx`insert into inbound_delivery (id, source, body, signed) values (${`dlv_${suffix}`}, 'test', '{}', '{}')`;
    await tx`insert into inbound_event (id, source, event_id, body, content_type, organization_id)
      values (${eventId}, 'test', ${suffix}, '{}', 'application/json', ${organization})`;
    await tx`insert into contract_fact (organization_id, inbound_event_id, fact) values (${organization}, ${eventId}, '{}')`;
    await tx`insert into welcome (id, person_id, organization_id, token_hash, expires_at)
      values (${`welcome_${suffix}`}, ${person}, ${organization}, ${suffix}, tenure_now())`;
    await tx`insert into mail (id, kind, to_person_id, organization_id) values (${`mail_${suffix}`}, 'welcome', ${person}, ${organization})`;
    await tx`insert into fence (id, kind, subject, organization_id, cause, "limit")
      values (${fenceId}, 'people', ${organization}, ${organization}, 'roster', 5)`;
    await tx`insert into fence_item (id, fence_id, process_id, person_id, organization_id, difference)
      values (${`item_${suffix}`}, ${fenceId}, ${processId}, ${person}, ${organization}, '{"gain":[],"lose":[]}')`;
    await tx`insert into fence_passage (kind, subject, counted) values ('people', ${organization}, ${person})`;
    await tx`insert into import_run (id, reason, summary) values (${`imp_${suffix}`}, 'a test', '{}')`;
    await tx`insert into account_name (person_id, organization_id, account) values (${person}, ${organization}, ${suffix})
      on conflict do nothing`;
    await tx`insert into account_search (id, author, wish) values (${`search_${suffix}`}, ${person}, '{}')`;
    // What is found is written by an import at work; here is none.
    await tx`set local session_replication_role = replica`;
    await tx`insert into found_account (resource_id, person_id, organization_id, account, process_id)
      select resource_id, ${person}, ${organization}, ${suffix}, ${processId} from access_request where id = ${requestId}
      on conflict do nothing`;
    await tx`set local session_replication_role = origin`;
  });
}

/** And one in every table that signing in fills. */
async function writeSignInFacts(requestId: string): Promise<void> {
  const suffix = requestId.slice('req_'.length);
  const [providerId, domainId] = [`idp_${suffix}`, `dom_${suffix}`];
  await ledger.owner.begin(async (tx) => {
    const [asked] = await tx<{ organization: string; person: string }[]>`
      select r.organization_id as organization, (select id from person p where p.organization_id = r.organization_id order by id limit 1) as person
      from access_request r where r.id = ${requestId}`;
    if (!asked) throw new RangeError('No such request.');
    const { organization, person } = asked;
    await tx`insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
      values (${domainId}, ${organization}, ${`${suffix}.example`}, 'token', 'local', tenure_now())`;
    await tx`insert into sign_in_provider (id, organization_id, name, issuer, client_id, claims, state)
      values (${providerId}, ${organization}, 'Test', 'https://sign-in.example', 'tenure', '{}', 'live')`;
    const waiting = `dom_${suffix}_waiting`;
    await tx`insert into sign_in_domain (id, organization_id, domain, token)
      values (${waiting}, ${organization}, ${`${suffix}.waiting.example`}, 'token')`;
    await tx`insert into sign_in_domain_acceptance (domain_id, person_id, organization_id)
      select ${waiting}, id, ${organization} from person where email = 'omar@northwind.example'`;
    await tx`insert into sign_in_attempt (id, organization_id, provider_id, purpose, state_hash, nonce, sealed_verifier, browser_hash, return_path, expires_at)
      values (${`att_${suffix}`}, ${organization}, ${providerId}, 'sign-in', ${suffix}, 'n', 'v', 'b', '/', tenure_now())`;
    await tx`insert into session (id, person_id, organization_id, method, provider_id, family_hash, token_hash, amr, auth_time, ends_at, idle_ends_at, browser)
      values (${`ses_${suffix}`}, ${person}, ${organization}, 'oidc', ${providerId}, ${suffix}, 'token', '{}', tenure_now(), tenure_now() + interval '1 hour',
        tenure_now() + interval '1 hour', 'Test')`;
    await tx`insert into source_identity (person_id, organization_id, source, external_id, claims)
      values (${person}, ${organization}, ${`oidc:${organization}:https://sign-in.example#tenure`}, ${suffix}, '{}')`;
    await tx`insert into group_reading (id, organization_id, provider_id, person_id, groups)
      values (${`grp_${suffix}`}, ${organization}, ${providerId}, ${person}, '{}')`;
    await tx`insert into group_role (person_id, organization_id, role, group_name, provider_id)
      values (${person}, ${organization}, 'member', 'everybody', ${providerId})`;
    await tx`insert into passkey_challenge (id, organization_id, purpose, person_id, session_id, browser_hash, challenge, nonce, expires_at)
      values (${`chal_${suffix}`}, ${organization}, 'enrol', ${person}, ${`ses_${suffix}`}, 'b', ${suffix}, 'n', tenure_now() + interval '1 minute')`;
    await tx`update passkey_challenge set used_at = tenure_now() where id = ${`chal_${suffix}`}`;
    await tx`insert into passkey (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id)
      values (${`pk_0${suffix}`}, ${person}, ${organization}, ${suffix}, 'k', 0, '{}', false, 'Test', 'self', ${`chal_${suffix}`})`;
    // Whoever has a provider gets no ticket; that is another guard's business (test/db/passkey-guards.test.ts).
    await tx`alter table passkey_ticket disable trigger guard_passkey_ticket`;
    await tx`insert into passkey_ticket (id, person_id, organization_id, welcome_id, token_hash, expires_at)
      values (${`ticket_${suffix}`}, ${person}, ${organization}, ${`welcome_${suffix}`}, ${suffix}, tenure_now())`;
    await tx`alter table passkey_ticket enable trigger guard_passkey_ticket`;
    await tx`alter table service_token disable trigger guard_service_token`;
    await tx`insert into service_token (id, label, token_hash, made_by, expires_at)
      values (${`svt_${suffix}`}, 'Test', ${`svt_${suffix}`}, ${person}, tenure_now() + interval '1 day')`;
    await tx`alter table service_token enable trigger guard_service_token`;
    const [token, user, group] = [`stk_${suffix}`, `scu_${suffix}`, `scg_${suffix}`];
    await tx`alter table scim_token disable trigger guard_scim_token`;
    await tx`insert into scim_token (id, organization_id, label, token_hash, made_by, expires_at)
      values (${token}, ${organization}, 'Test', ${token}, ${person}, tenure_now() + interval '1 day')`;
    await tx`alter table scim_token enable trigger guard_scim_token`;
    await tx`insert into scim_user (id, person_id, organization_id, user_name) values (${user}, ${person}, ${organization}, 'test')`;
    await tx`insert into scim_group (id, organization_id, display_name) values (${group}, ${organization}, 'Test')`;
    await tx`insert into scim_member (group_id, user_id, organization_id) values (${group}, ${user}, ${organization})`;
    const hook = `hook_${suffix}`;
    await tx`alter table webhook_endpoint disable trigger guard_webhook_endpoint`;
    await tx`insert into webhook_endpoint (id, organization_id, url, description, sealed_secret, cluster, xid, event_id, made_by)
      values (${hook}, ${organization}, 'https://hooks.example', 'Test', 'sealed', '1', '3', '', ${person})`;
    await tx`alter table webhook_endpoint enable trigger guard_webhook_endpoint`;
    await tx`insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type)
      select ${`msg_${suffix}`}, ${hook}, ${organization}, id, type from audit_event where id = ${`aud_${requestId}`}`;
    const source = `sigsrc_${suffix}`;
    await tx`alter table signal_source disable trigger guard_signal_source`;
    await tx`insert into signal_source (id, organization_id, name, issuer, audience, jwks, made_by)
      values (${source}, ${organization}, 'Test', 'https://idp.example', 'tenure', '{"keys": []}', ${person})`;
    await tx`alter table signal_source enable trigger guard_signal_source`;
    await tx`insert into signal (id, source_id, organization_id, jti, kind, family, effect, subject, event_at)
      values (${`sig_${suffix}`}, ${source}, ${organization}, 'one', 'other', 'none', 'nothing', '{}', tenure_now())`;
    await tx`insert into notice_preference (person_id, topic, organization_id, choice) values (${person}, 'requests', ${organization}, 'off')`;
    // Only one of their own administrators says it.
    await tx`select set_config('tenure.person', ${person}, true)`;
    await tx`insert into organization_consent (organization_id, rules, changed_by) values (${organization}, '[]', ${person})`;
  });
}

async function count(scope: Scope | null, table: string, where: SQL = sql`true`): Promise<number> {
  const query = sql`select count(*)::integer as count from ${sql.identifier(table)} where ${where}`;
  const run = scope
    ? within(ledger.application, scope, (tx) => tx.execute<{ count: number }>(query))
    : ledger.application.db.execute<{ count: number }>(query);
  return (await run)[0]?.count ?? 0;
}

/** What the application's role may not read at all is as good as nothing seen. */
function seen(scope: Scope | null, table: string, where?: SQL): Promise<number> {
  return count(scope, table, where).catch((error: unknown) => {
    if (String(error instanceof Error ? error.cause : error).includes('permission denied')) return 0;
    throw error;
  });
}

describe('row-level security', () => {
  it('is forced on every table that belongs to tenants', async () => {
    const owned = await ledger.owner<{ name: string }[]>`
      select table_name as name from information_schema.columns where table_schema = 'public'
        and column_name in ('organization_id', 'holder_organization_id', 'caller') group by 1 order by 1`;
    const missing = owned
      .map((row) => row.name)
      .filter((name) => !tables.includes(name) && !catalog.has(name));
    expect(missing).toEqual([]);
    const unforced = await ledger.owner`
      select relname from pg_class where relnamespace = 'public'::regnamespace and relrowsecurity and not relforcerowsecurity`;
    expect([...unforced]).toEqual([]);
    expect(tables.length).toBeGreaterThanOrEqual(14);
  });

  it('shows nothing to a connection that nobody has given eyes to, also right after somebody used it', async () => {
    const sita = await scopeOf(ledger, 'sita@northwind.example', 'all');
    expect(await count(sita, 'access_request')).toBe(4);
    for (const table of tables) expect({ table, rows: await seen(null, table) }).toEqual({ table, rows: 0 });
    // There is something to be seen.
    for (const table of tables) {
      const [row] = await ledger.owner<
        { count: number }[]
      >`select count(*)::integer as count from ${ledger.owner(table)}`;
      expect({ table, some: (row?.count ?? 0) > 0 }).toEqual({ table, some: true });
    }
  });

  it.each([
    ['anna@acme.example', 'acme'],
    ['gus@globex.example', 'globex'],
  ])('shows a customer what concerns it and nothing of another: %s', async (email, key) => {
    const scope = await scopeOf(ledger, email);
    const foreign = sql`organization_id <> ${scope.organizationId} and holder_organization_id <> ${scope.organizationId}`;
    for (const table of [
      'access_request',
      'access_grant',
      'extension',
      'ending',
      'task',
      'audit_event',
      'audit_text',
    ]) {
      expect({ table, own: (await seen(scope, table)) > 0 }).toEqual({ table, own: true });
      expect({ table, foreign: await seen(scope, table, foreign) }).toEqual({ table, foreign: 0 });
    }
    const ofOthers = sql`organization_id <> ${scope.organizationId}`;
    for (const table of [
      ...signInTables,
      'organization_consent',
      'process',
      'process_person',
      'membership',
      'contract',
      'mail',
      'review_line',
    ]) {
      expect({ table, own: (await seen(scope, table)) > 0 }).toEqual({ table, own: true });
      expect({ table, foreign: await seen(scope, table, ofOthers) }).toEqual({ table, foreign: 0 });
    }
    for (const table of [
      'event_source',
      'inbound_event',
      'contract_link',
      'fence',
      'fence_item',
      'fence_passage',
      'import_run',
      'found_account',
      'account_name',
      'service_token',
    ])
      expect({ table, rows: await seen(scope, table) }).toEqual({ table, rows: 0 });
    for (const table of ['stage', 'decision']) {
      const ofOthers = sql`request_id not in (select id from access_request where organization_id = ${scope.organizationId})`;
      expect(await seen(scope, table)).toBeGreaterThan(0);
      expect(await seen(scope, table, ofOthers)).toBe(0);
    }
    const others = sql`organization_id not in (select id from organization where key in (${key}, 'northwind'))`;
    expect(await seen(scope, 'person')).toBeGreaterThan(0);
    expect(await seen(scope, 'person', others)).toBe(0);
    expect(await seen(scope, 'organization')).toBe(2);
  });

  it('shows the vendor what its people hold, and each person only their own idempotency keys', async () => {
    const sam = await scopeOf(ledger, 'sam@northwind.example');
    expect(await count(sam, 'access_request')).toBe(4);
    expect(await count(sam, 'idempotency')).toBe(2);
    expect(await count(await scopeOf(ledger, 'mei@northwind.example'), 'idempotency')).toBe(0);
  });

  it('shows who owns a task that task, whosever data it is about, and no other', async () => {
    const scope = await scopeOf(ledger, 'mei@northwind.example');
    await ledger.owner`insert into task (id, kind, organization_id, holder_organization_id, owner_person_id)
      select 'task_of_mei', 'seats', id, id, ${scope.personId} from organization where key = 'globex'`;
    expect(await count(scope, 'task', sql`id = 'task_of_mei'`)).toBe(1);
    const sam = await scopeOf(ledger, 'sam@northwind.example');
    expect(await count(sam, 'task', sql`id = 'task_of_mei'`)).toBe(0);
    const anna = await scopeOf(ledger, 'anna@acme.example');
    expect(await count(anna, 'task', sql`id = 'task_of_mei'`)).toBe(0);
  });

  it('lets a customer write nothing of the vendor’s people and nothing of another customer’s', async () => {
    const anna = await scopeOf(ledger, 'anna@acme.example');
    const rows = (query: SQL) => within(ledger.application, anna, (tx) => tx.execute(query));
    for (const email of ['gus@globex.example', 'sam@northwind.example']) {
      const which = sql`(select id from person where email = ${email})`;
      expect(
        await rows(sql`update person set suspended_at = tenure_now() where email = ${email} returning id`),
      ).toHaveLength(0);
      expect(
        await rows(
          sql`update person_role set until = tenure_now() where person_id in ${which} returning seq`,
        ),
      ).toHaveLength(0);
      expect(
        await rows(sql`update membership set until = tenure_now() where person_id in ${which} returning seq`),
      ).toHaveLength(0);
    }
    expect(
      await rows(sql`update organization set suspended_at = tenure_now() where key <> 'acme' returning id`),
    ).toHaveLength(0);
    const intruder = sql`insert into person (id, organization_id, email, name, employment)
      select 'person_intruder', id, 'intruder@northwind.example', 'Intruder', 'employee' from organization where key = 'northwind'`;
    // The guard of people comes before row security, which would refuse it, too.
    expect(await refusal(rows(intruder))).toBe('TN020');
  });

  it('cannot be switched off by the application', async () => {
    const { db } = ledger.application;
    for (const attack of [
      'alter table access_request disable row level security',
      'drop policy tenant on access_request',
      'create policy open on access_request using (true)',
      'set role tenure_owner',
      'set session_replication_role = replica',
    ])
      expect({ attack, refused: await refusal(db.execute(sql.raw(attack))) }).toEqual({
        attack,
        refused: '42501',
      });
    const off = db.transaction(async (tx) => {
      await tx.execute(sql`set local row_security = off`);
      return tx.execute(sql`select * from access_request`);
    });
    expect(await refusal(off)).toBe('42501');
  });
});
