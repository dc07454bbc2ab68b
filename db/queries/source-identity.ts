import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { activeNow } from './person.ts';
import { fixed } from './fixed.ts';

/** Whom an identity provider may mean. */
export interface KnownIdentity {
  personId: string;
  name: string;
  isActive: boolean;
  /** Whether another subject of the same provider means them already. */
  isLinked: boolean;
}

/**
 * What a provider's subjects are known under: an issuer's subjects may differ from client to client, and what another
 * organization says it is, is not this one's.
 */
export function identitySource(provider: {
  organizationId: string;
  issuer: string;
  clientId: string;
}): string {
  return `oidc:${provider.organizationId}:${provider.issuer}#${provider.clientId}`;
}

/** A person `p` is one of ours now, and so is their organization. */
const isHere = fixed(
  sql`(${activeNow(sql`p`)} and exists (select 1 from organization o where o.id = p.organization_id and o.suspended_at is null))`,
);

/** Whom this subject means; null when nobody yet. */
export async function findBySubject(
  tx: Executor,
  link: { organizationId: string; source: string; subject: string },
): Promise<KnownIdentity | null> {
  const rows = await tx.execute<KnownIdentity & Record<string, unknown>>(sql`
    select p.id as "personId", p.name, ${isHere} as "isActive", true as "isLinked"
    from source_identity i join person p on p.id = i.person_id and p.organization_id = i.organization_id
    where i.source = ${link.source} and i.external_id = ${link.subject} and i.organization_id = ${link.organizationId}`);
  return rows[0] ?? null;
}

/** The person of that organization, and of no other, who has this address; locked, so that one subject is linked. */
export async function findByAddress(
  tx: Executor,
  link: { organizationId: string; source: string; address: string },
): Promise<KnownIdentity | null> {
  const { organizationId, source, address } = link;
  // Two statements: what another sign-in has just linked is only seen by one that begins after the lock.
  const rows = await tx.execute<{ id: string }>(sql`
    select id from person where organization_id = ${organizationId} and lower(email) = lower(${address}) for no key update`);
  const [locked] = rows;
  if (!locked) return null;
  const found = await tx.execute<KnownIdentity & Record<string, unknown>>(sql`
    select p.id as "personId", p.name, ${isHere} as "isActive",
      exists (select 1 from source_identity i where i.person_id = p.id and i.source = ${source}) as "isLinked"
    from person p where p.id = ${locked.id}`);
  return found[0] ?? null;
}

/** From now on this subject means that person. @throws 23505 when it, or another subject, was linked meanwhile */
export async function linkIdentity(
  tx: Executor,
  link: {
    personId: string;
    organizationId: string;
    source: string;
    subject: string;
    claims: Record<string, unknown>;
  },
): Promise<void> {
  await tx.execute(sql`
    insert into source_identity (person_id, organization_id, source, external_id, claims)
    values (${link.personId}, ${link.organizationId}, ${link.source}, ${link.subject}, ${JSON.stringify(link.claims)}::jsonb)`);
}
