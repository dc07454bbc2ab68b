import postgres from 'postgres';
import { scramVerifier } from '../crypto/scram.ts';

/** Tables whose rows belong to tenants: row-level security is forced on them. */
const tenantTables = [
  'access_request',
  'access_grant',
  'extension',
  'ending',
  'task',
  'audit_event',
  'audit_text',
  'stage',
  'decision',
  'person_role',
  'source_identity',
  'person',
  'organization',
  'idempotency',
  'process',
  'process_person',
  'membership',
  'contract_term',
  'contract',
  'welcome',
  'mail',
  'renewal',
  'review_line',
  'event_source',
  'inbound_event',
  'inbound_delivery',
  'contract_fact',
  'contract_link',
  'fence',
  'fence_item',
  'fence_passage',
  'import_run',
  'found_account',
  'account_name',
  'account_search',
  'sign_in_provider',
  'sign_in_domain',
  'sign_in_domain_acceptance',
  'sign_in_attempt',
  'session',
  'passkey',
  'passkey_challenge',
  'passkey_ticket',
  'notice_preference',
  'organization_consent',
  'group_reading',
  'group_role',
  'scim_token',
  'scim_user',
  'scim_group',
  'scim_member',
  'service_token',
  'webhook_endpoint',
  'webhook_delivery',
  'signal_source',
  'signal',
];

// Whoever writes a record says neither when nor in which transaction: these columns are left to the ledger.
const records = [
  'insert (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id, request_id, grant_id, policy_version, commitment) on audit_event',
  'insert (event_id, organization_id, holder_organization_id, salt, actor_name, reason) on audit_text',
  'insert (id, kind, request_id, grant_id, organization_id, holder_organization_id, actor_kind, person_id, reason) on ending',
];

/** What the application's role may do, and nothing beside it. */
const applicationRights = [
  'select on organization, person, person_role, role, tier, resource, entitlement, catalog_revision, policy_version, heartbeat, installation',
  'select (key, connector, endpoint, changed_at) on target',
  'select on ending, audit_event, audit_text, extension, renewal, task',
  'select on process, process_person, membership, contract, contract_term, contract_link, fence, fence_item, fence_passage, import_run, mail, event_source, inbound_event, inbound_delivery',
  'select (id, person_id, organization_id, process_id, token_hash, created_at, expires_at, confirmed_at, voided_at, reminders) on welcome',
  'select on found_account, account_name',
  'select (seq, table_name, row_id, xid) on change',
  'insert (person_id, organization_id, account), update (account) on account_name',
  'select, insert (id, author, wish) on account_search',
  ...records,
  'select, insert on access_request, stage, decision',
  'update (state, settled_at) on access_request',
  'select, update (end_at, end_order, end_ordered_by, sealed_next_password, credential_shown_at) on access_grant',
  // A person, a role, a process or a revision that an accepted request writes; guards check by whom.
  'insert (id, organization_id, email, name, title, department, manager_id, project, region, employment, starts_at, ends_at, attributes) on person',
  'update (name, title, department, manager_id, project, region, employment, starts_at, ends_at, suspended_at, offboarded_at) on person',
  'insert (person_id, role_id, organization_id), update (until) on person_role',
  'insert (person_id, organization_id, contract_role, given_roles, origin), update (contract_role, given_roles, until) on membership',
  'insert (id, kind, organization_id, person_id, cause, source, wish, requested_by, reason, due_at), update (engine_run, state, started_at, settled_at, last_error, replaced_by) on process',
  'insert on process_person, catalog_revision, import_run',
  'select, insert (id, person_id, organization_id, role, reviewer, reason) on review_line',
  'update (wish) on process_person',
  'insert, update on role, entitlement, resource, tier',
  'update (suspended_at, tier_key, region, name, customer_type, brand_color, shown_name) on organization',
  'insert (id, key, kind, name, region, tier_key, approves_vendor_access, consent, customer_type, onboarded_at) on organization',
  'select, insert (organization_id, rules, changed_by), update (rules, changed_by) on organization_consent',
  'select, update (confirmed_by) on consent_override',
  'update (state, decided_by, comment, kept) on fence_item',
  'update (closed_at) on fence',
  'update (closed_at, closed_by, comment, owner_person_id) on task',
  'insert (id, source, event_id, body, content_type, delivery_id, state, conflicts_with), update (state) on inbound_event',
  'insert (id, source, body, signed) on inbound_delivery',
  'insert, update on event_source',
  'update (confirmed_at, voided_at, sealed_token) on welcome',
  // A message that could not be sent is put back into its queue.
  'update (state) on mail',
  'insert, select on outbox',
  'update (delivered_at) on outbox',
  'select, insert, update, delete on idempotency',
  // Who signs in, through whom, and for how long.
  'select, insert (id, organization_id, name, issuer, client_id, sealed_client_secret, claims, group_roles, new_people, default_role, created_by, changed_by), update (name, issuer, client_id, sealed_client_secret, claims, group_roles, new_people, default_role, changed_by, state, changed_at, tried_at, live_at, retired_at) on sign_in_provider',
  'insert (id, organization_id, provider_id, person_id, email, name, groups, unsaid) on group_reading',
  'select on group_role',
  'select, insert (id, organization_id, domain, token, asked_by), update (proof, proven_at, removed_at) on sign_in_domain',
  'select, insert (domain_id, person_id, organization_id) on sign_in_domain_acceptance',
  'select, insert, update (used_at), delete on sign_in_attempt',
  'select, insert, update (token_hash, former_hash, amr, acr, auth_time, rotated_at, seen_at, idle_ends_at, ended_at, ended_by, ended_by_person) on session',
  'select, insert (id, person_id, organization_id, credential_id, public_key, counter, transports, backed_up, name, made_by, challenge_id), update (name, counter, backed_up, last_used_at, revoked_at, revoked_by, revoked_by_person) on passkey',
  'select, insert, update (used_at, passkey_id, assertion), delete on passkey_challenge',
  'select, insert, update (used_at) on passkey_ticket',
  'select, insert (person_id, organization_id, source, external_id, claims) on source_identity',
  'usage on sequence source_identity_seq_seq',
  // What a customer's directory says by SCIM.
  'select, insert (id, organization_id, label, token_hash, made_by, expires_at), update (last_used_at, revoked_at, revoked_by) on scim_token',
  'select, insert (id, person_id, organization_id, user_name, external_id, attributes, role_by_group), update (user_name, external_id, attributes, role_by_group, changed_at), delete on scim_user',
  'select, insert (id, organization_id, display_name, external_id, attributes), update (display_name, external_id, attributes, changed_at), delete on scim_group',
  'select, insert, delete on scim_member',
  // Applications that ask what people may do, and the keys that what is told them is signed with.
  'select, insert (id, label, token_hash, made_by, expires_at), update (last_used_at, revoked_at, revoked_by) on service_token',
  'select, insert (turn, sealed_private_key) on signing_key',
  // Where events are sent. How far each has come is the system's.
  'select, insert (id, organization_id, url, description, types, sealed_secret, audience, subject_format, sealed_authorization, token_hash, made_by), update (state, disabled_for, sealed_secret, former_sealed_secret, token_hash, former_token_hash, former_until, asked_status, failing_since) on webhook_endpoint',
  'select, insert (id, endpoint_id, organization_id, event_id, type, verification_state), update (state, tries, due_at, last_status, last_error) on webhook_delivery',
  // Who speaks of risks, and what was said. What follows from it is the system's.
  'select, insert (id, organization_id, kind, name, issuer, audience, jwks, jwks_uri, keys_fetched_at, keys_tried_at, poll_url, sealed_authorization, sealed_secret, made_by), update (ended_at, ended_by, sealed_secret, former_sealed_secret, former_until, jwks, keys_fetched_at, keys_tried_at, keys_error) on signal_source',
  'select, insert (id, source_id, organization_id, jti, kind, family, effect, name, subject, event_at, ends_at), update (state, closed_at, closed_by, close_reason) on signal',
  'select, insert (person_id, topic, organization_id, choice), update (choice) on notice_preference',
  'usage on sequence outbox_seq_seq, access_request_reference, person_role_seq_seq, membership_seq_seq',
];

/** The relay, the reaper and the workers: everything but changing history. */
const systemRights = [
  'select on all tables in schema public',
  'insert, update on organization, person, person_role, source_identity, role, tier, resource, entitlement, target, catalog_revision, policy_version',
  'insert, update on access_request, access_grant, extension, task, idempotency, heartbeat, outbox',
  'insert, update on process, process_person, membership, contract, contract_term, contract_fact, contract_link, event_source, inbound_event, fence, fence_item, fence_passage, target_account, welcome, mail, import_run',
  'insert, update on found_account, account_name, account_search',
  'insert on stage, decision, renewal, review_line, inbound_delivery',
  'insert, update on sign_in_provider, sign_in_domain',
  'insert, update, delete on notice',
  'update (ended_at, ended_by, ended_by_person) on session',
  'update (revoked_at, revoked_by, revoked_by_person) on passkey',
  'insert on signing_key',
  'insert, update on signal',
  'update (poll_at, poll_tries, polled_at, poll_error, jwks, keys_fetched_at, keys_tried_at, keys_error) on signal_source',
  'update on webhook_endpoint',
  'insert, update, delete on webhook_delivery',
  'insert, update on group_role',
  'update (settled_at, outcome, email, name) on group_reading',
  ...records,
  'update (salt, actor_name, reason, forgotten_at) on audit_text',
  'delete on idempotency, heartbeat, outbox, change, person_role, fence_passage, contract_fact, account_search, group_reading, group_role',
  'usage on all sequences in schema public',
];

/** Any constant: two starts at once take turns. */
const rolesLock = 72_011_227;

export interface LedgerRoles {
  application: { name: string; password: string };
  system: { name: string; password: string };
}

/**
 * Creates the two login roles (or gives them their passwords anew) and grants exactly what each needs: what they were
 * granted before and is not named here goes. Owner only. Takes no lock that a process at work would notice, unless a
 * policy is missing.
 */
export async function provideRoles(ownerUrl: string, roles: LedgerRoles): Promise<void> {
  const client = postgres(ownerUrl, { max: 1, onnotice: () => undefined });
  try {
    await client.begin(async (tx) => {
      await tx`select pg_advisory_xact_lock(${rolesLock})`;
      await provideLogin(tx, roles.application, applicationRights);
      await provideLogin(tx, roles.system, systemRights);
      await providePolicies(tx, roles.system.name);
      await withholdTemporaryTables(tx);
    });
  } finally {
    await client.end({ timeout: 5 });
  }
}

async function provideLogin(
  tx: postgres.TransactionSql,
  role: { name: string; password: string },
  rights: readonly string[],
): Promise<void> {
  const known = await tx`select 1 from pg_roles where rolname = ${role.name}`;
  const name = quote(role.name);
  // Only said when the role is made: later only a superuser may so much as mention what it must not be.
  await tx.unsafe(
    known.length > 0
      ? `alter role ${name} login`
      : `create role ${name} login nosuperuser nocreatedb nocreaterole nobypassrls`,
  );
  // A server may log its statements: it is sent what knows the password, never the password.
  await tx.unsafe(`alter role ${name} password '${await scramVerifier(role.password)}'`);
  // A table's right withdrawn takes those on its columns with it. Nobody sees what is between here and the commit.
  await tx.unsafe(`revoke all on all tables in schema public from ${name}`);
  await tx.unsafe(`revoke all on all sequences in schema public from ${name}`);
  for (const right of rights) await tx.unsafe(`grant ${right} to ${name}`);
}

/** Lets the owner and the system role see every tenant. Making a policy locks its table, so only what differs is touched. */
async function providePolicies(tx: postgres.TransactionSql, systemRole: string): Promise<void> {
  const [owner] = await tx<{ name: string }[]>`select current_user as name`;
  const present = await tx<{ table: string; policy: string; roles: string[] }[]>`
    select tablename as table, policyname as policy, roles::text[] as roles from pg_policies where schemaname = 'public'`;
  for (const table of tenantTables) {
    for (const [policy, role] of [
      ['system', systemRole],
      ['owner', owner?.name ?? ''],
    ] as const) {
      const known = present.find((one) => one.table === table && one.policy === policy);
      if (known?.roles.join() === role) continue;
      await tx.unsafe(
        known
          ? `alter policy ${policy} on ${table} to ${quote(role)}`
          : `create policy ${policy} on ${table} to ${quote(role)} using (true) with check (true)`,
      );
    }
  }
}

/** On a table of their own anybody could attach our triggers or hide a table of ours; nothing of ours needs one. */
async function withholdTemporaryTables(tx: postgres.TransactionSql): Promise<void> {
  const [here] = await tx<{ name: string }[]>`select current_database() as name`;
  await tx.unsafe(`revoke temporary on database ${quote(here?.name ?? '')} from public`);
}

function quote(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}
