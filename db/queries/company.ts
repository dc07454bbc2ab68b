import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { newId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';
import { membership } from '../schema/contract.ts';
import { organization } from '../schema/organization.ts';
import { person, personRole } from '../schema/person.ts';
import { target } from '../schema/resource.ts';
import { role } from '../schema/role.ts';
import { projectTiersAndRoles } from './catalog-projection.ts';
import { emptyCatalog, readNewestForm } from './catalog-revision.ts';
import { type CheckConnection, putRevision, takeTurn } from './catalog-write.ts';
import { createProcesses } from './process.ts';

/** A whole company as data: who works there, its customers and what access can be held on. */
export interface Company {
  organizations: {
    key: string;
    kind: 'vendor' | 'customer';
    name: string;
    region: string;
    tierKey: string | null;
    customerType: string | null;
    approvesVendorAccess: boolean;
  }[];
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
  catalog: Catalog;
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

/**
 * Loads a company into a ledger that has none yet, with its catalog as revision 1; afterwards it changes nothing. A ledger
 * whose catalog an earlier version wrote, in a form of its own, gets the company's as the next revision. The targets that the
 * catalog names must be known. With `bringAbout` a process of each customer gives its users what their roles say; else they
 * hold nothing until some process is about them.
 */
export function loadCompany(
  db: Executor,
  company: Company,
  checkConnection: CheckConnection,
  { bringAbout = false }: { bringAbout?: boolean } = {},
): Promise<void> {
  return db.transaction(async (tx) => {
    await takeTurn(tx);
    const { number, isReadable } = await readNewestForm(tx);
    if (isReadable) return;
    const known = await tx.select({ id: organization.id }).from(organization).limit(1);
    if (known.length === 0) await insertCompany(tx, company);
    const before = { number, catalog: emptyCatalog };
    await putRevision(tx, before, {
      catalog: company.catalog,
      checkConnection,
      author: actors.system,
      reason: 'The example company',
      organizationId: null,
    });
    if (bringAbout && known.length === 0) await bringAboutCustomers(tx);
  });
}

async function bringAboutCustomers(tx: Executor): Promise<void> {
  const customers = await tx.execute<{ id: string }>(
    sql`select id from organization where kind = 'customer' order by key`,
  );
  await createProcesses(
    tx,
    customers.map(({ id: organizationId }) => ({
      kind: 'role-change',
      organizationId,
      cause: 'convergence',
      wish: { what: 'roles' },
      actor: actors.system,
      traceparent: null,
    })),
  );
}

async function insertCompany(tx: Executor, { organizations, people, catalog }: Company): Promise<void> {
  await projectTiersAndRoles(tx, catalog, {
    tiers: new Set(catalog.tiers.map((one) => one.key)),
    roles: new Set(catalog.roles.map((one) => one.key)),
  });
  const organizationIds = new Map(organizations.map((one) => [one.key, newId('org')]));
  await tx.insert(organization).values(
    organizations.map((one) => ({
      ...one,
      id: take(organizationIds, one.key),
      onboardedAt: one.kind === 'customer' ? sql`tenure_now()` : null,
    })),
  );
  await insertPeople(tx, people, organizationIds);
}

async function insertPeople(
  tx: Executor,
  people: Company['people'],
  organizationIds: ReadonlyMap<string, string>,
): Promise<void> {
  const personIds = new Map(people.map((one) => [one.email, newId('person')]));
  await tx.insert(person).values(
    people.map(({ roles: _roles, organization: home, manager, endsAt, ...one }) => ({
      ...one,
      id: take(personIds, one.email),
      organizationId: take(organizationIds, home),
      managerId: manager === null ? null : take(personIds, manager),
      endsAt: endsAt === null ? null : new Date(endsAt),
    })),
  );
  const roles = await tx.select({ key: role.key, id: role.id }).from(role);
  const roleIds = new Map(roles.map((one) => [one.key, one.id]));
  const places = people.map((one) => ({
    ...one,
    personId: take(personIds, one.email),
    organizationId: take(organizationIds, one.organization),
  }));
  await tx
    .insert(personRole)
    .values(
      places.flatMap(({ personId, organizationId, roles: held }) =>
        held.map((key) => ({ personId, organizationId, roleId: take(roleIds, key) })),
      ),
    );
  await tx.insert(membership).values(
    places
      .filter((one) => one.employment === 'customer')
      .map(({ personId, organizationId, roles: givenRoles }) => ({
        personId,
        organizationId,
        givenRoles,
        origin: 'administrator' as const,
      })),
  );
}

function take(map: ReadonlyMap<string, string>, key: string): string {
  const id = map.get(key);
  if (id === undefined) throw new RangeError(`Unknown name in the company's data: ${key}`);
  return id;
}
