import { type SQL, sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import {
  type GroupRole,
  type NewPeople,
  type ProviderClaims,
  type ProviderState,
  standardClaims,
} from '../../domain/sign-in.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';

/** What a provider's groups, and people whom nobody has added, come to. */
export interface ProviderMapping {
  groupRoles: GroupRole[];
  newPeople: NewPeople;
  defaultRole: string | null;
}

const mapping = sql`i.group_roles as "groupRoles", i.new_people as "newPeople", i.default_role as "defaultRole"`;

/** Providers that were written before groups were read have no name for them. */
const claims = sql`jsonb_build_object('groups', ${standardClaims.groups}::text) || i.claims as claims`;

/** A provider as far as signing in through it needs it. */
export interface UsableProvider extends ProviderMapping {
  id: string;
  organizationId: string;
  /** The organization's name. */
  organization: string;
  name: string;
  issuer: string;
  clientId: string;
  sealedClientSecret: string | null;
  claims: ProviderClaims;
  state: ProviderState;
  isVendors: boolean;
  /** Who wrote it as it is. */
  changedById: string | null;
  /** Changes whenever anything of it does, ISO 8601 UTC. */
  changedAt: string;
}

const usable = sql`i.id, i.organization_id as "organizationId", o.name as organization, i.name, i.issuer, i.client_id as "clientId",
  i.sealed_client_secret as "sealedClientSecret", ${claims}, ${mapping}, i.state, o.kind = 'vendor' as "isVendors", i.changed_by as "changedById",
  ${iso(sql`i.changed_at`)} as "changedAt"
  from sign_in_provider i join organization o on o.id = i.organization_id`;

/** What a provider's secret is sealed for. */
export function providerContext(id: string): string {
  return `sign-in-provider:${id}`;
}

/** A provider with what signing in at it needs; null when there is none. */
export async function readUsableProvider(tx: Executor, id: string): Promise<UsableProvider | null> {
  const rows = await tx.execute<UsableProvider & Record<string, unknown>>(
    sql`select ${usable} where i.id = ${id}`,
  );
  return rows[0] ?? null;
}

/** The condition that a domain's proof counts: the example's only on a local installation. */
export function isProven(domain: SQL, isLocal: boolean): SQL {
  const enough = isLocal ? sql`${domain}.proof is not null` : sql`${domain}.proof in ('dns', 'accepted')`;
  return sql`${enough} and ${domain}.removed_at is null`;
}

/** The live provider of the organization whose mail domain that is; null when there is none. With the vendor's eyes. */
export async function findProviderByDomain(
  tx: Executor,
  domain: string,
  isLocal: boolean,
): Promise<UsableProvider | null> {
  const rows = await tx.execute<UsableProvider & Record<string, unknown>>(sql`
    select ${usable} join sign_in_domain d on d.organization_id = i.organization_id
    where d.domain = ${domain} and ${isProven(sql`d`, isLocal)} and i.state = 'live'`);
  return rows[0] ?? null;
}

/** All that are live, for what a start makes sure of. */
export async function listLiveProviders(tx: Executor): Promise<UsableProvider[]> {
  const rows = await tx.execute<UsableProvider & Record<string, unknown>>(
    sql`select ${usable} where i.state = 'live' order by i.id`,
  );
  return [...rows];
}

/** The vendor's own live provider, if there is one. With the vendor's eyes. */
export async function findVendorsProvider(tx: Executor): Promise<UsableProvider | null> {
  const rows = await tx.execute<UsableProvider & Record<string, unknown>>(
    sql`select ${usable} where i.state = 'live' and o.kind = 'vendor'`,
  );
  return rows[0] ?? null;
}

/** An organization's live provider; null when it has none. */
export async function findLiveProvider(tx: Executor, organizationId: string): Promise<UsableProvider | null> {
  const rows = await tx.execute<UsableProvider & Record<string, unknown>>(
    sql`select ${usable} where i.state = 'live' and i.organization_id = ${organizationId}`,
  );
  return rows[0] ?? null;
}

/** Whether that mail domain is proven to be the organization's. */
export async function ownsDomain(
  tx: Executor,
  wish: { organizationId: string; domain: string; isLocal: boolean },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from sign_in_domain d where d.organization_id = ${wish.organizationId} and d.domain = ${wish.domain}
      and ${isProven(sql`d`, wish.isLocal)}`);
  return rows.length > 0;
}

/** A provider as those see it who manage it. Its secret is never in it. Instants are ISO 8601 UTC. */
export interface ProviderView extends ProviderMapping {
  id: string;
  organization: KeyedView;
  name: string;
  issuer: string;
  clientId: string;
  hasClientSecret: boolean;
  claims: ProviderClaims;
  state: ProviderState;
  createdAt: string;
  changedAt: string;
  changedBy: PersonView | null;
  triedAt: string | null;
  liveAt: string | null;
  retiredAt: string | null;
}

const view = sql`i.id, ${organizationJson(sql`i.organization_id`)} as organization, i.name, i.issuer, i.client_id as "clientId",
  i.sealed_client_secret is not null as "hasClientSecret", ${claims}, ${mapping}, i.state, ${iso(sql`i.created_at`)} as "createdAt",
  ${iso(sql`i.changed_at`)} as "changedAt",
  case when i.changed_by is not null then ${personJson(sql`i.changed_by`)} end as "changedBy", ${iso(sql`i.tried_at`)} as "triedAt", ${iso(sql`i.live_at`)} as "liveAt",
  ${iso(sql`i.retired_at`)} as "retiredAt" from sign_in_provider i`;

/** An organization's providers of now and before, newest first: it has a handful. */
export async function listProviders(tx: Executor, organizationId: string): Promise<ProviderView[]> {
  const rows = await tx.execute<ProviderView & Record<string, unknown>>(
    sql`select ${view} where i.organization_id = ${organizationId} order by i.id desc limit 200`,
  );
  return [...rows];
}

export async function readProvider(tx: Executor, id: string): Promise<ProviderView | null> {
  const rows = await tx.execute<ProviderView & Record<string, unknown>>(
    sql`select ${view} where i.id = ${id}`,
  );
  return rows[0] ?? null;
}

/** The same as {@link readUsableProvider}, locked against whoever changes it at once. */
export async function lockProvider(tx: Executor, id: string): Promise<UsableProvider | null> {
  await tx.execute(sql`select 1 from sign_in_provider where id = ${id} for no key update`);
  return readUsableProvider(tx, id);
}

export interface ProviderDraft extends ProviderMapping {
  id: string;
  organizationId: string;
  name: string;
  issuer: string;
  clientId: string;
  sealedClientSecret: string | null;
  claims: ProviderClaims;
  by: string;
}

export async function insertProvider(tx: Executor, draft: ProviderDraft): Promise<void> {
  await tx.execute(sql`
    insert into sign_in_provider (id, organization_id, name, issuer, client_id, sealed_client_secret, claims, group_roles, new_people,
      default_role, created_by, changed_by)
    values (${draft.id}, ${draft.organizationId}, ${draft.name}, ${draft.issuer}, ${draft.clientId}, ${draft.sealedClientSecret},
      ${JSON.stringify(draft.claims)}::jsonb, ${JSON.stringify(draft.groupRoles)}::jsonb, ${draft.newPeople}, ${draft.defaultRole},
      ${draft.by}, ${draft.by})`);
}

/** Writes a draft anew; what was tried of it counts no more. */
export async function rewriteProvider(
  tx: Executor,
  draft: Omit<ProviderDraft, 'organizationId'>,
): Promise<void> {
  await tx.execute(sql`
    update sign_in_provider set name = ${draft.name}, issuer = ${draft.issuer}, client_id = ${draft.clientId},
      sealed_client_secret = ${draft.sealedClientSecret}, claims = ${JSON.stringify(draft.claims)}::jsonb,
      group_roles = ${JSON.stringify(draft.groupRoles)}::jsonb, new_people = ${draft.newPeople}, default_role = ${draft.defaultRole}, state = 'draft', changed_by = ${draft.by},
      tried_at = null, changed_at = tenure_now()
    where id = ${draft.id}`);
}

/** Somebody has signed in through it as it is, for a trial. False when it was changed since `changedAt`. */
export async function markTried(tx: Executor, id: string, changedAt: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    update sign_in_provider set state = 'tried', tried_at = tenure_now()
    where id = ${id} and state in ('draft', 'tried') and changed_at = ${changedAt}::timestamptz returning 1`);
  return rows.length > 0;
}

/** Lets it live in the place of the one that is. Returns the one that was. */
export async function goLive(
  tx: Executor,
  provider: { id: string; organizationId: string },
): Promise<string | null> {
  const { id, organizationId } = provider;
  const former = await tx.execute<{ id: string }>(sql`
    update sign_in_provider set state = 'retired', retired_at = tenure_now(), changed_at = tenure_now()
    where organization_id = ${organizationId} and state = 'live' returning id`);
  await tx.execute(sql`
    update sign_in_provider set state = 'live', live_at = tenure_now(), changed_at = tenure_now() where id = ${id}`);
  return former[0]?.id ?? null;
}

export async function retire(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`
    update sign_in_provider set state = 'retired', retired_at = tenure_now(), changed_at = tenure_now() where id = ${id}`);
}

/** The example's provider, wherever it is reached today. */
export interface LocalProvider {
  /** An organization's key. */
  organization: string;
  name: string;
  issuer: string;
  clientId: string;
  /** The mail domain that counts as that organization's. */
  domain: string;
  /** Seals the client's secret for the row of that id. */
  sealFor(id: string): string;
}

/**
 * Makes it the live one of an organization that has set up none itself. With the system's eyes, on a local installation only:
 * elsewhere its domain counts as proven by nobody.
 */
export async function provideLocalProvider(db: Executor, wish: LocalProvider): Promise<void> {
  const organization = sql`(select id from organization where key = ${wish.organization})`;
  await db.transaction(async (tx) => {
    await tx.execute(sql`
      insert into sign_in_domain (id, organization_id, domain, token, proof, proven_at)
      select ${newId('dom')}, o.id, ${wish.domain}, 'local', 'local', tenure_now() from ${organization} o
      where not exists (select 1 from sign_in_domain d where d.domain = ${wish.domain} and d.organization_id = o.id)`);
    const known = await tx.execute<{ id: string; isOurs: boolean; state: ProviderState }>(sql`
      select id, created_by is null as "isOurs", state from sign_in_provider i where organization_id = ${organization}
      order by id for no key update`);
    const ours = known.find(({ isOurs }) => isOurs);
    if (ours) {
      await tx.execute(sql`
        update sign_in_provider set issuer = ${wish.issuer}, client_id = ${wish.clientId}, sealed_client_secret = ${wish.sealFor(ours.id)},
          changed_at = tenure_now()
        where id = ${ours.id} and state = 'live'`);
      return;
    }
    const id = newId('idp');
    await tx.execute(sql`
      insert into sign_in_provider (id, organization_id, name, issuer, client_id, sealed_client_secret, claims, state, tried_at, live_at)
      select ${id}, o.id, ${wish.name}, ${wish.issuer}, ${wish.clientId}, ${wish.sealFor(id)}, ${JSON.stringify(standardClaims)}::jsonb,
        'live', tenure_now(), tenure_now() from ${organization} o
      where not exists (select 1 from sign_in_provider i where i.organization_id = o.id and i.state = 'live')`);
  });
}
