import type { StandingRow, StandingScene } from '../../db/queries/standing.ts';
import { type Catalog, inOrder } from '../../domain/catalog.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import { confirmedAt } from '../../domain/contract.ts';
import {
  type CustomerUser,
  type StandingPerson,
  standingUnder,
  type StandingWish,
  type VendorStaff,
} from '../../domain/standing.ts';

/** A page of people with what they shall hold by their roles, before policy was asked. */
export interface Wished {
  row: StandingRow;
  person: StandingPerson;
  /** Keys of the roles that count. */
  roles: string[];
  wishes: StandingWish[];
  /** Of the wishes those that are none by their roles: a fence holds that they end. */
  kept: ReadonlySet<StandingWish>;
  /** Whether a fence holds that they get a role, or lose it. */
  isGivingHeld: (role: string) => boolean;
  isTakingHeld: (role: string) => boolean;
}

const nothingHeld = { kept: new Set<StandingWish>(), isGivingHeld: () => false, isTakingHeld: () => false };

/** What each person of a page shall hold by roles under a catalog. Pure. */
export function wishPage(catalog: Catalog, scene: StandingScene, people: readonly StandingRow[]): Wished[] {
  const desired = standingUnder(catalog);
  return people.map((row) => {
    const person = standingPerson(scene, row);
    const { place } = person;
    const customer = place?.kind === 'customer' && { ...place, restricted: place.dunning === 'restricted' };
    // Who has no place has no roles either; the vendor's people have those given.
    const roles = place
      ? rolesOf(catalog, { roles: person.roles, customer: customer || null }, scene.now)
      : [];
    return { row, person, roles: inOrder(roles), wishes: desired(person, scene.now), ...nothingHeld };
  });
}

function standingPerson(scene: StandingScene, row: StandingRow): StandingPerson {
  const { startsAt, endsAt, membership } = row;
  const place = placeOf(scene, row);
  return {
    roles: place?.kind === 'customer' ? (membership?.givenRoles ?? []) : row.roles.map((role) => role.key),
    place,
    reviews: row.reviews,
    suspended: row.suspended || row.offboarded || scene.organization.suspended,
    startsAt,
    endsAt,
  };
}

function placeOf(
  { organization, contract }: StandingScene,
  row: StandingRow,
): VendorStaff | CustomerUser | null {
  if (organization.kind === 'vendor')
    return { kind: 'vendor', givenAt: new Map(row.roles.map(({ key, from }) => [key, from])) };
  if (!row.membership) return null;
  return {
    kind: 'customer',
    key: organization.key,
    tier: organization.tier ?? '',
    type: organization.customerType,
    contractRole: row.membership.contractRole,
    dunning: contract?.dunning ?? 'none',
    contractUntil: contract?.until ?? null,
    confirmedAt: contract && confirmedAt(contract.content),
    memberSince: row.membership.from,
  };
}

/** Whether somebody is cut off, or restricted because their customer does not pay: what that takes waits for nothing, and nothing is given back. */
export function isCut({ cause }: StandingScene, { row, person: { place } }: Wished): boolean {
  if (cause === 'dunning' || row.suspended || row.offboarded || !place) return true;
  return place.kind === 'customer' && place.dunning !== 'none' && place.dunning !== 'notice';
}
