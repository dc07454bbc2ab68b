import type { Executor } from '../../db/client.ts';
import { type ActiveCatalog, readActiveCatalog, readCatalogAt } from '../../db/queries/catalog-revision.ts';
import { readPolicyFacts } from '../../db/queries/catalog-people.ts';
import { type HolderView, readHolder, readNow, seeAll } from '../../db/queries/effective.ts';
import { type Catalog, entitlementName } from '../../domain/catalog.ts';
import { derivationInWords, effectiveEntitlements } from '../../domain/catalog-entitlements.ts';
import { holdingsUnder } from '../../domain/catalog-holding.ts';
import { TenureError } from '../../domain/errors.ts';
import type { HoldVerdict } from '../../domain/policy.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { seesPerson } from './list-people.ts';
import { refuseUnknown } from './references.ts';

/** Whose entitlements: a person's (id or e-mail), a role's or a tier's (key); exactly one of them. */
export interface EffectiveWish {
  person?: string | undefined;
  role?: string | undefined;
  tier?: string | undefined;
  /** ISO 8601 UTC; now when left out. */
  at?: string | undefined;
}

/** What somebody has by roles, or could have, and how it comes. */
export interface EffectiveView {
  /** A person's id, or the key of a role or tier. */
  subject: { kind: 'person' | 'role' | 'tier'; id: string };
  at: string;
  /** The catalog's revision that was in force. */
  revision: number;
  /** Keys of the roles that it comes by. */
  roles: string[];
  items: {
    resource: string;
    entitlement: string;
    /** Whether policy, as it is in force now, lets it be held. Of a role or tier null: it depends on who has it. */
    held: boolean | null;
    /** Why it is not held, in policy's words; null where it is, and where that is not known. */
    reason: string | null;
    /** Each from a role that is held over those it includes to the one that gives it; the shortest first. */
    derivations: { roles: string[]; sentence: string }[];
  }[];
}

/**
 * What a person, a role or a tier's users may have by roles, with the way each comes; of a person's also what policy says to it,
 * which is kept in the list where it forbids it. A person's are seen by themselves, their
 * own administrators, who reads all records and who manages access; those of roles and tiers by the vendor's people.
 */
export function findEffectiveEntitlements(
  deps: ApiDeps,
  caller: PersonPrincipal,
  wish: EffectiveWish,
): Promise<Outside<EffectiveView>> {
  const named = [wish.person, wish.role, wish.tier].filter((one) => one !== undefined);
  if (named.length !== 1) throw oneOfThem();
  return reading(deps, caller, async (tx) => {
    const catalog = await (wish.at === undefined ? readActiveCatalog(tx) : readCatalogAt(tx, wish.at));
    const { holder, ...found } = await (wish.person === undefined
      ? ofCatalog(tx, caller, catalog, wish)
      : ofPerson(tx, caller, wish.person, wish.at ?? null));
    const effective = effectiveEntitlements(catalog.catalog, found.roles);
    const verdicts = holder
      ? await verdictsOn(deps, tx, catalog.catalog, { holder, roles: found.roles, at: found.at })
      : new Map<string, HoldVerdict>();
    const items = effective.map(({ resource, entitlement, derivations }) => ({
      resource,
      entitlement,
      ...standing(verdicts.get(entitlementName(resource, entitlement)), holder !== null),
      derivations: derivations.map((roles) => ({
        roles,
        sentence: derivationInWords({ resource, entitlement }, roles),
      })),
    }));
    return { ...found, revision: catalog.number, items };
  });
}

/** Policy's word on everything that these roles give a person, by its name. */
async function verdictsOn(
  { holding }: ApiDeps,
  tx: Executor,
  catalog: Catalog,
  { holder, roles, at }: { holder: HolderView; roles: string[]; at: string },
): Promise<Map<string, HoldVerdict>> {
  // What a resource's organization is counts whether or not the caller may see it.
  await seeAll(tx);
  const facts = { ...(await readPolicyFacts(tx, [catalog])), ...holding, at };
  const names = effectiveEntitlements(catalog, roles).map((one) =>
    entitlementName(one.resource, one.entitlement),
  );
  const gift = { id: '', roles, names };
  const [holdings = []] = holdingsUnder(catalog, [{ group: holder.group, gift }], facts);
  return new Map(holdings.map(({ name, verdict }) => [name, verdict]));
}

function standing(
  verdict: HoldVerdict | undefined,
  isAsked: boolean,
): Pick<EffectiveView['items'][number], 'held' | 'reason'> {
  if (!isAsked) return { held: null, reason: null };
  if (!verdict) return { held: false, reason: 'The catalog has no such resource.' };
  if (verdict.allowed) return { held: true, reason: null };
  const titles = verdict.policies.map((policy) => policy.title).join('. ');
  return { held: false, reason: titles === '' ? 'No policy lets it be held.' : `${titles}.` };
}

type Found = Omit<EffectiveView, 'revision' | 'items'> & { holder: HolderView | null };

async function ofPerson(
  tx: Executor,
  caller: PersonPrincipal,
  name: string,
  at: string | null,
): Promise<Found> {
  const holder = await readHolder(tx, name, at);
  const isSeen = holder !== null && seesPerson(caller, holder.person.id, holder.group.organization.id);
  refuseUnknown({ person: name }, { person: isSeen ? holder.person.id : null });
  if (!holder) throw new TypeError('An unknown person was let through.');
  // Of the past it is not known who was suspended; now they hold nothing.
  const roles = at === null && holder.isSuspended ? [] : holder.roles;
  return { subject: { kind: 'person', id: holder.person.id }, at: holder.at, roles, holder };
}

async function ofCatalog(
  tx: Executor,
  caller: PersonPrincipal,
  { catalog }: ActiveCatalog,
  { role, tier, at }: EffectiveWish,
): Promise<Found> {
  if (caller.organization.kind !== 'vendor')
    throw new TenureError('forbidden', 'What roles and tiers give is shown to the vendor’s people.');
  const isKnown = catalog.roles.some((one) => one.key === role);
  const found = catalog.tiers.find((one) => one.key === tier);
  refuseUnknown({ role, tier }, { role: isKnown ? (role ?? null) : null, tier: found?.key ?? null });
  const subject =
    role === undefined ? { kind: 'tier' as const, id: tier } : { kind: 'role' as const, id: role };
  const roles = role === undefined ? (found?.allowedRoles ?? []) : [role];
  return {
    subject: { ...subject, id: subject.id ?? '' },
    at: at ?? (await readNow(tx)),
    roles: [...roles],
    holder: null,
  };
}

function oneOfThem(): TenureError {
  const detail = 'Name a person, a role or a tier: exactly one of them.';
  const pointers = ['person', 'role', 'tier'];
  return new TenureError(
    'invalid-input',
    detail,
    pointers.map((pointer) => ({ pointer, detail })),
  );
}
