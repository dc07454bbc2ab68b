import { sql } from 'drizzle-orm';
import type { DomainProof } from '../../domain/sign-in.ts';
import type { Executor } from '../client.ts';
import { iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { fixed } from './fixed.ts';

/** A mail domain that an organization claims, or has proven. Instants are ISO 8601 UTC. */
export interface DomainView {
  id: string;
  organization: KeyedView;
  domain: string;
  /** What its TXT record must say after the prefix. */
  token: string;
  askedBy: PersonView | null;
  askedAt: string;
  proof: DomainProof | null;
  provenAt: string | null;
  acceptedBy: PersonView[];
}

const view = fixed(sql`d.id, ${organizationJson(sql`d.organization_id`)} as organization, d.domain, d.token,
  case when d.asked_by is not null then ${personJson(sql`d.asked_by`)} end as "askedBy", ${iso(sql`d.asked_at`)} as "askedAt", d.proof,
  ${iso(sql`d.proven_at`)} as "provenAt", (select coalesce(json_agg(${personJson(sql`a.person_id`)} order by a.accepted_at), '[]')
    from sign_in_domain_acceptance a where a.domain_id = d.id) as "acceptedBy" from sign_in_domain d`);

/** An organization's domains, newest first, without those that were given up. */
export async function listDomains(tx: Executor, organizationId: string): Promise<DomainView[]> {
  const rows = await tx.execute<DomainView & Record<string, unknown>>(sql`
    select ${view} where d.organization_id = ${organizationId} and d.removed_at is null order by d.id desc limit 200`);
  return [...rows];
}

/** Claims that nothing proves yet, of all organizations that the scope may know, newest first. */
export async function listWaitingDomains(tx: Executor, page: PageWish): Promise<Page<DomainView>> {
  const after = page.after === null ? sql`` : sql` and d.id < ${page.after}`;
  const rows = await tx.execute<DomainView & Record<string, unknown>>(sql`
    select ${view} where d.proof is null and d.removed_at is null${after} order by d.id desc limit ${page.limit + 1}`);
  return pageOf([...rows], page.limit, ({ id }) => id);
}

/** A claim with whose it is and who made it. */
export type ClaimedDomain = DomainView & { organizationId: string; askedById: string | null };

/** One of them, locked; null when there is none, or none any more, that the scope may know. */
export async function lockDomain(tx: Executor, id: string): Promise<ClaimedDomain | null> {
  await tx.execute(sql`select 1 from sign_in_domain where id = ${id} for no key update`);
  return readDomain(tx, id);
}

/** The same, not locked. */
export async function readDomain(tx: Executor, id: string): Promise<ClaimedDomain | null> {
  const rows = await tx.execute<ClaimedDomain & Record<string, unknown>>(sql`
    select d.organization_id as "organizationId", d.asked_by as "askedById", ${view} where d.id = ${id} and d.removed_at is null`);
  return rows[0] ?? null;
}

/** Claims a domain. @throws 23505 when the organization has claimed it already */
export async function insertDomain(
  tx: Executor,
  wish: { id: string; organizationId: string; domain: string; token: string; askedBy: string },
): Promise<void> {
  await tx.execute(sql`
    insert into sign_in_domain (id, organization_id, domain, token, asked_by)
    values (${wish.id}, ${wish.organizationId}, ${wish.domain}, ${wish.token}, ${wish.askedBy})`);
}

/** One of the vendor's people accepts. False when they have already. @throws TN001, TN020, TN031 */
export async function insertAcceptance(
  tx: Executor,
  wish: { domainId: string; organizationId: string; personId: string },
): Promise<boolean> {
  const rows = await tx.execute(sql`
    insert into sign_in_domain_acceptance (domain_id, person_id, organization_id)
    values (${wish.domainId}, ${wish.personId}, ${wish.organizationId}) on conflict do nothing returning 1`);
  return rows.length > 0;
}

/** @throws 23505 when it is proven to be another organization's */
export async function proveDomain(tx: Executor, id: string, proof: 'dns' | 'accepted'): Promise<void> {
  await tx.execute(
    sql`update sign_in_domain set proof = ${proof}, proven_at = tenure_now() where id = ${id} and proof is null`,
  );
}

/** Takes a domain away from its organization. */
export async function removeDomain(tx: Executor, id: string): Promise<void> {
  await tx.execute(sql`update sign_in_domain set removed_at = tenure_now() where id = ${id}`);
}
