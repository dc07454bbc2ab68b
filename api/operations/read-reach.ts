import type { Executor } from '../../db/client.ts';
import { readActiveCatalog, readCatalogAt } from '../../db/queries/catalog-revision.ts';
import { readNow } from '../../db/queries/effective.ts';
import {
  countRoleHolders,
  type HeldAccess,
  type HeldFilter,
  listHeldAccess,
} from '../../db/queries/held-access.ts';
import type { PageWish } from '../../db/queries/instant.ts';
import { readResource, type ResourceView } from '../../db/queries/resource.ts';
import { type Catalog, entitlementName, inOrder } from '../../domain/catalog.ts';
import { reach, wayTo } from '../../domain/catalog-entitlements.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, viewerOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerIdOf } from './list-people.ts';
import { duringOf, invalidPeriod, refuseUnknown, type Stretch } from './references.ts';

/** What is asked about, by the names that the caller uses. Instants are ISO 8601 UTC; without any it is now. */
export interface ReachWish {
  resource: string;
  /** An entitlement's id or key; any of the resource's when left out. */
  entitlement?: string | undefined;
  /** Whose data, on what customers share. */
  customer?: string | undefined;
  at?: string | undefined;
  from?: string | undefined;
  to?: string | undefined;
}

/** A role that gives access, by itself or by one that it includes. */
export interface RoleWay {
  /** From the role that is held over those it includes to the one that gives it; keys. */
  roles: string[];
  /** Keys of the resource's entitlements that come this way. */
  entitlements: string[];
  /** How many people hold the role. What policy says to each of them is another question. */
  people: number;
}

/** Who can reach something, by which path. */
export interface Reach {
  resource: ResourceView;
  at: string | null;
  from: string | null;
  to: string | null;
  /** The catalog's revision of that instant, or of the span's end. */
  revision: number;
  roles: RoleWay[];
  items: HeldAccess[];
  /** The grant's id that the next page goes on after. */
  next: string | null;
}

/** Answers who can reach a resource now, at an instant or during a span, for who reads all records. Newest access first. */
export function readReach(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: ReachWish,
  page: PageWish,
): Promise<Outside<Reach>> {
  return reading(deps, caller, async (tx) => {
    const span = duringOf(wish);
    if (span && wish.at !== undefined)
      throw invalidPeriod('Either `at`, or `from` and `to`.', ['at', 'from', 'to']);
    const { resource, filter } = await filterOf(tx, wish);
    const during = span ?? (wish.at === undefined ? undefined : momentOf(wish.at));
    const found = await listHeldAccess(tx, viewerOf(caller), { ...filter, during }, page);
    const instant = wish.at ?? span?.to ?? null;
    const { number, catalog } = await (instant === null ? readActiveCatalog(tx) : readCatalogAt(tx, instant));
    const ways = waysTo(catalog, resource, filter.entitlements ?? null);
    const people = await countRoleHolders(
      tx,
      ways.map(({ roles: [held = ''] }) => held),
      instant,
    );
    return {
      resource,
      at: span ? null : (wish.at ?? (await readNow(tx))),
      from: span?.from ?? null,
      to: span?.to ?? null,
      revision: number,
      roles: ways.map((way) => ({ ...way, people: people.get(way.roles[0] ?? '') ?? 0 })),
      items: found.items,
      next: found.next,
    };
  });
}

async function filterOf(
  tx: Executor,
  { resource: named, entitlement, customer: whose }: ReachWish,
): Promise<{ resource: ResourceView; filter: HeldFilter }> {
  const resource = await readResource(tx, named);
  refuseUnknown({ resource: named }, { resource: resource?.id ?? null });
  if (!resource) throw new TypeError('An unknown resource was let through.');
  const customer = await customerIdOf(tx, whose);
  const entitlements =
    entitlement === undefined
      ? null
      : resource.entitlements.flatMap(({ id, key }) =>
          entitlement === id || entitlement === key ? [id] : [],
        );
  refuseUnknown({ entitlement }, { entitlement: entitlements?.[0] ?? null });
  // What one customer alone has is found by whose data it is, which has an index for the past.
  const organization = customer ?? (resource.shared ? undefined : resource.organization.id);
  return { resource, filter: { resource: resource.id, entitlements, organization } };
}

/** An instant as the span that has nothing but it. */
function momentOf(at: string): Stretch {
  return { from: at, to: new Date(Date.parse(at) + 1).toISOString() };
}

/** The roles that give something on a resource, each with the shortest way to what gives it. */
function waysTo(
  catalog: Catalog,
  resource: ResourceView,
  entitlements: readonly string[] | null,
): Omit<RoleWay, 'people'>[] {
  const wanted = resource.entitlements.filter(({ id }) => entitlements === null || entitlements.includes(id));
  const names = new Map(wanted.map(({ key }) => [entitlementName(resource.key, key), key]));
  const roles = new Map(catalog.roles.map((role) => [role.key, role]));
  return catalog.roles.flatMap((held) => {
    const reached = reach(held.key, roles);
    const giving = [...reached.keys()].filter((key) =>
      roles.get(key)?.entitlements.some((name) => names.has(name)),
    );
    const [nearest] = giving;
    if (nearest === undefined) return [];
    const given = giving.flatMap(
      (key) => roles.get(key)?.entitlements.flatMap((name) => names.get(name) ?? []) ?? [],
    );
    return [{ roles: wayTo(nearest, reached), entitlements: inOrder(new Set(given)) }];
  });
}
