import { type SQL, sql } from 'drizzle-orm';
import type { Catalog, CatalogResource } from '../../domain/catalog.ts';
import type { CatalogChange } from '../../domain/catalog-changes.ts';
import { newId } from '../../domain/ids.ts';
import type { Executor } from '../client.ts';
import { tier } from '../schema/organization.ts';
import { entitlement, resource } from '../schema/resource.ts';
import { role } from '../schema/role.ts';

/**
 * Makes the rows of tiers, roles, resources and entitlements follow the catalog. Ids stay with their keys; what the catalog
 * has no more is retired, and what it has again is as before. Only what changed is written, so that e.g. a resource keeps an
 * owner to whom it was handed over until somebody edits it.
 */
export async function projectCatalog(
  tx: Executor,
  catalog: Catalog,
  changes: readonly CatalogChange[],
): Promise<void> {
  const changed = (noun: CatalogChange['noun']) =>
    new Set(changes.flatMap((one) => (one.noun === noun && one.kind !== 'removed' ? [one.key] : [])));
  await projectTiersAndRoles(tx, catalog, { tiers: changed('tier'), roles: changed('role') });
  const resources = changed('resource');
  await projectResources(
    tx,
    catalog.resources.filter((one) => resources.has(one.key)),
  );
  await retireResources(tx, catalog);
}

/** Tiers and roles stand first: organizations and people name them. */
export async function projectTiersAndRoles(
  tx: Executor,
  { tiers, roles }: Catalog,
  changed: { tiers: ReadonlySet<string>; roles: ReadonlySet<string> },
): Promise<void> {
  const newTiers = tiers.filter((one) => changed.tiers.has(one.key));
  if (newTiers.length > 0) {
    await tx
      .insert(tier)
      .values(newTiers.map(({ key, name, seats, features }) => ({ key, name, seats, features })))
      .onConflictDoUpdate({ target: tier.key, set: excluded('name', 'seats', 'features', 'retired_at') });
  }
  const newRoles = roles.filter((one) => changed.roles.has(one.key));
  if (newRoles.length > 0) {
    await tx
      .insert(role)
      .values(newRoles.map(({ key, name, duties }) => ({ id: newId('role'), key, name, duties })))
      .onConflictDoUpdate({ target: role.key, set: excluded('name', 'duties', 'retired_at') });
  }
  await tx.execute(
    sql`update tier set retired_at = tenure_now() where retired_at is null and key not in ${keysOf(tiers)}`,
  );
  // A role that is no more allows nothing, should anybody have got it in this very moment.
  await tx.execute(
    sql`update role set retired_at = tenure_now(), duties = '{}' where retired_at is null and key not in ${keysOf(roles)}`,
  );
}

async function projectResources(tx: Executor, resources: readonly CatalogResource[]): Promise<void> {
  if (resources.length === 0) return;
  const ids = await readNamed(tx, resources);
  const rows = await tx
    .insert(resource)
    .values(
      resources.map((one) => ({
        id: newId('res'),
        key: one.key,
        name: one.name,
        kind: one.kind,
        organizationId: take(ids, `organization ${one.organization}`),
        shared: one.shared,
        ownerPersonId: take(ids, `person ${one.owner.toLowerCase()}`),
        region: one.region,
        classification: one.classification,
        targetKey: one.target,
        settings: one.settings,
      })),
    )
    .onConflictDoUpdate({ target: resource.key, set: excluded(...resourceColumns, 'retired_at') })
    .returning({ id: resource.id, key: resource.key });
  const resourceIds = new Map(rows.map((row) => [row.key, row.id]));
  const entitlements = resources.flatMap((one) =>
    one.entitlements.map(({ key, name }) => ({
      id: newId('ent'),
      resourceId: take(resourceIds, one.key),
      key,
      name,
    })),
  );
  if (entitlements.length === 0) return;
  await tx
    .insert(entitlement)
    .values(entitlements)
    .onConflictDoUpdate({
      target: [entitlement.resourceId, entitlement.key],
      set: excluded('name', 'retired_at'),
    });
}

const resourceColumns = [
  'name',
  'kind',
  'organization_id',
  'shared',
  'owner_person_id',
  'region',
  'classification',
  'target_key',
  'settings',
];

async function retireResources(tx: Executor, { resources }: Catalog): Promise<void> {
  await tx.execute(sql`
    update resource set retired_at = tenure_now() where retired_at is null and key not in ${keysOf(resources)}`);
  const names = resources.flatMap((one) => one.entitlements.map(({ key }) => ({ key: `${one.key}:${key}` })));
  await tx.execute(sql`
    update entitlement set retired_at = tenure_now() from resource c
    where c.id = entitlement.resource_id and entitlement.retired_at is null and c.key || ':' || entitlement.key not in ${keysOf(names)}`);
}

/** Ids of the organizations and owners that resources name. */
async function readNamed(
  tx: Executor,
  resources: readonly CatalogResource[],
): Promise<ReadonlyMap<string, string>> {
  const organizations = resources.map((one) => ({ key: one.organization }));
  const owners = resources.map((one) => ({ key: one.owner.toLowerCase() }));
  const rows = await tx.execute<{ named: string; id: string }>(sql`
    select 'organization ' || key as named, id from organization where key in ${keysOf(organizations)}
    union all select 'person ' || lower(email), id from person where lower(email) in ${keysOf(owners)}`);
  return new Map(rows.map((row) => [row.named, row.id]));
}

/** What an insertion that meets a row writes over it: the names are columns of ours. */
function excluded(...columns: readonly string[]): Record<string, SQL> {
  return Object.fromEntries(
    columns.map((column) => [camel(column), sql`excluded.${sql.identifier(column)}`]),
  );
}

function camel(column: string): string {
  return column.replaceAll(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

function keysOf(list: readonly { key: string }[]): SQL {
  return sql`(select value from jsonb_array_elements_text(${JSON.stringify(list.map((one) => one.key))}::jsonb))`;
}

function take(map: ReadonlyMap<string, string>, name: string): string {
  const id = map.get(name);
  if (id === undefined) throw new RangeError(`Unknown name in the catalog: ${name}`);
  return id;
}
