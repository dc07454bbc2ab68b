import type { Difference } from '../../db/queries/fence.ts';
import type { StandingGrantRow, StandingScene } from '../../db/queries/standing.ts';
import { type Catalog, entitlementName } from '../../domain/catalog.ts';
import { effectiveEntitlements } from '../../domain/catalog-entitlements.ts';
import { standingEnd, type StandingWish } from '../../domain/standing.ts';
import type { Wished } from './wish-page.ts';

/**
 * The same page without what a fence holds of these people: of that nothing begins and nothing ends. Whoever shall hold
 * nothing at all, because they are suspended, have left or their time is over, loses it nevertheless: that is never held
 * back. Pure.
 */
export function holdBack(
  catalog: Catalog,
  { now }: StandingScene,
  page: readonly Wished[],
  { grants, held }: { grants: readonly StandingGrantRow[]; held: ReadonlyMap<string, Difference> },
): Wished[] {
  return page.map((one) => {
    const difference = held.get(one.row.personId);
    const end = standingEnd(catalog, one.person, now);
    if (!difference || !end) return one;
    const open = grants.filter(
      (grant) => grant.personId === one.row.personId && !grant.ending && grant.until > now,
    );
    const wishes = one.wishes.filter(
      (wish) => !difference.gain.includes(nameOf(wish)) || open.some((grant) => isSame(grant, wish)),
    );
    const kept = open
      .filter((grant) => difference.lose.includes(nameOf(grant)))
      .map((grant): StandingWish => {
        const { resource, entitlement, organization } = grant;
        return { resource, entitlement, organization, because: [], ...end };
      });
    const others = wishes.filter((wish) => !kept.some((one) => isSame(one, wish)));
    return { ...one, wishes: [...others, ...kept], kept: new Set(kept), ...rolesHeld(catalog, difference) };
  });
}

/** A role that gives, or gave, some of what is held stays where it is as well. */
function rolesHeld(
  catalog: Catalog,
  { gain, lose }: Difference,
): Pick<Wished, 'isGivingHeld' | 'isTakingHeld'> {
  const gives = (role: string) => effectiveEntitlements(catalog, [role]).map(nameOf);
  return {
    isGivingHeld: (role) => gives(role).some((name) => gain.includes(name)),
    // Of a role that the catalog has no more nobody can tell what it gave.
    isTakingHeld: (role) =>
      lose.length > 0 &&
      (gives(role).some((name) => lose.includes(name)) || !catalog.roles.some(({ key }) => key === role)),
  };
}

type Named = Pick<StandingWish, 'resource' | 'entitlement'>;

function nameOf({ resource, entitlement }: Named): string {
  return entitlementName(resource, entitlement);
}

function isSame(one: Named & { organization: string }, other: Named & { organization: string }): boolean {
  return nameOf(one) === nameOf(other) && one.organization === other.organization;
}
