import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { catalogRevision } from '../schema/catalog.ts';
import { organization, tier } from '../schema/organization.ts';
import { person, personRole } from '../schema/person.ts';
import { entitlement, resource, target } from '../schema/resource.ts';
import { role } from '../schema/role.ts';

/** A whole company as data: who works there, its customers and what access can be held on. */
export interface Company {
  organizations: {
    key: string;
    kind: 'vendor' | 'customer';
    name: string;
    region: string;
    tierKey: string | null;
    approvesVendorAccess: boolean;
  }[];
  tiers: { key: string; name: string; seats: number | null }[];
  roles: { key: string; name: string; duties: string[] }[];
  people: {
    email: string;
    name: string;
    title: string;
    department: string | null;
    manager: string | null;
    organization: string;
    employment: 'employee' | 'contractor' | 'customer' | 'service';
    endsAt: string | null;
    roles: string[];
  }[];
  resources: {
    key: string;
    name: string;
    organization: string;
    shared: boolean;
    region: string;
    owner: string;
    settings: Record<string, unknown>;
  }[];
  entitlements: { key: string; name: string }[];
}

/** Tells the ledger where a target server is and what the connector signs in with. */
export async function provideTarget(db: Executor, wish: typeof target.$inferInsert): Promise<void> {
  await db
    .insert(target)
    .values(wish)
    .onConflictDoUpdate({
      target: target.key,
      set: { endpoint: wish.endpoint, sealedSecret: wish.sealedSecret, changedAt: sql`tenure_now()` },
    });
}

/** Loads a company into a ledger that has none yet, as catalog revision 1; afterwards it changes nothing. */
export function loadCompany(db: Executor, company: Company): Promise<void> {
  return db.transaction(async (tx) => {
    await tx.execute(sql`lock table catalog_revision in share row exclusive mode`);
    const known = await tx.select({ number: catalogRevision.number }).from(catalogRevision).limit(1);
    if (known.length > 0) return;
    await tx.insert(tier).values(company.tiers);
    const organizationIds = ids(company.organizations, 'org');
    await tx
      .insert(organization)
      .values(company.organizations.map((one) => ({ id: take(organizationIds, one.key), ...one })));
    const roleIds = ids(company.roles, 'role');
    await tx.insert(role).values(company.roles.map((one) => ({ id: take(roleIds, one.key), ...one })));
    const personIds = await insertPeople(tx, company, organizationIds, roleIds);
    await insertResources(tx, company, organizationIds, personIds);
    await tx.insert(catalogRevision).values({
      number: 1,
      author: 'system',
      reason: 'The example company',
      content: JSON.parse(JSON.stringify({ ...company, people: [] })),
    });
    await appendAudit(tx, {
      type: 'config.applied',
      actor: actors.system,
      subject: { kind: 'catalog_revision', id: '1' },
      organizationId: null,
      holderOrganizationId: null,
      reason: 'The example company',
    });
  });
}

async function insertPeople(
  tx: Executor,
  company: Company,
  organizationIds: Map<string, string>,
  roleIds: Map<string, string>,
): Promise<Map<string, string>> {
  const personIds = new Map(company.people.map((one) => [one.email, newId('person')]));
  await tx.insert(person).values(
    company.people.map(({ roles: _roles, organization: home, manager, endsAt, ...one }) => ({
      ...one,
      id: take(personIds, one.email),
      organizationId: take(organizationIds, home),
      managerId: manager === null ? null : take(personIds, manager),
      endsAt: endsAt === null ? null : new Date(endsAt),
    })),
  );
  await tx.insert(personRole).values(
    company.people.flatMap((one) =>
      one.roles.map((key) => ({
        personId: take(personIds, one.email),
        roleId: take(roleIds, key),
        organizationId: take(organizationIds, one.organization),
      })),
    ),
  );
  return personIds;
}

async function insertResources(
  tx: Executor,
  company: Company,
  organizationIds: Map<string, string>,
  personIds: Map<string, string>,
): Promise<void> {
  const resourceIds = ids(company.resources, 'res');
  await tx.insert(resource).values(
    company.resources.map(({ organization: home, owner, ...one }) => ({
      ...one,
      id: take(resourceIds, one.key),
      kind: 'database',
      classification: 'confidential',
      organizationId: take(organizationIds, home),
      ownerPersonId: take(personIds, owner),
      targetKey: one.region,
    })),
  );
  await tx.insert(entitlement).values(
    company.resources.flatMap((one) =>
      company.entitlements.map((given) => ({
        ...given,
        id: newId('ent'),
        resourceId: take(resourceIds, one.key),
      })),
    ),
  );
}

function ids(rows: readonly { key: string }[], prefix: 'org' | 'role' | 'res'): Map<string, string> {
  return new Map(rows.map((row) => [row.key, newId(prefix)]));
}

function take(map: Map<string, string>, key: string): string {
  const id = map.get(key);
  if (!id) throw new RangeError(`Unknown name in the company's data: ${key}`);
  return id;
}
