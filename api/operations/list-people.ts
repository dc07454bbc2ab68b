import { resolveReferences } from '../../db/queries/catalog.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import {
  listPeople,
  type PeopleFilter,
  type PersonEntry,
  type PersonProfile,
  readProfile,
} from '../../db/queries/people.ts';
import { findOrganization } from '../../db/queries/organization.ts';
import type { Executor } from '../../db/client.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { hasDuty, type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { refuseUnknown } from './references.ts';
import { notFound } from './refusals.ts';

/** People by name, for whoever reads all records or manages access. An organization is named by its id or key. */
export function findPeople(
  deps: ApiDeps,
  caller: PersonPrincipal,
  filter: PeopleFilter,
  page: PageWish,
): Promise<Outside<Page<PersonEntry>>> {
  return reading(deps, caller, async (tx) => {
    const { organization: named } = filter;
    const found = named === undefined ? null : await findOrganization(tx, named);
    refuseUnknown({ organization: named }, { organization: found?.id ?? null });
    return listPeople(tx, { ...filter, organization: found?.id }, page);
  });
}

/** One person, by id or e-mail, or `me`: for themselves, their own administrators, who reads all records and who manages access. */
export function showPerson(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<Outside<PersonProfile>> {
  return reading(deps, caller, (tx) => profileOf(tx, caller, name));
}

/** @throws TenureError `not-found` for nobody, and for whoever is none of the caller's business: the same answer */
export async function profileOf(tx: Executor, caller: PersonPrincipal, name: string): Promise<PersonProfile> {
  const profile = await readProfile(tx, name === 'me' ? caller.personId : name);
  if (!profile || !seesPerson(caller, profile.id, profile.organization.id)) throw notFound();
  return profile;
}

/** Whether somebody is the caller's business: themselves, their customer's people, or, by duty, everybody. */
export function seesPerson(caller: PersonPrincipal, personId: string, organizationId: string): boolean {
  if (personId === caller.personId || hasDuty(caller, 'manage-access')) return true;
  const records = recordsOf(caller);
  return records === 'all' || (records === 'organization' && organizationId === caller.organization.id);
}

/** The id of a customer that a filter names; undefined when it names none. */
export async function customerIdOf(tx: Executor, customer: string | undefined): Promise<string | undefined> {
  if (customer === undefined) return undefined;
  const found = await resolveReferences(tx, { customer });
  refuseUnknown({ customer }, { customer: found.customer });
  return found.customer ?? undefined;
}
