import type { Executor } from '../../db/client.ts';
import { findOrganization, type KnownOrganization, readNamed } from '../../db/queries/organization.ts';
import type { ApiDeps } from '../deps.ts';
import { hasDuty, type PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { notFound } from './refusals.ts';

/** Whether the caller manages the access of that organization's people, and with it how they sign in. */
export function managesPeopleOf(caller: PersonPrincipal, organizationId: string): boolean {
  if (hasDuty(caller, 'manage-access')) return true;
  return hasDuty(caller, 'administer-customer') && caller.organization.id === organizationId;
}

/** The organization, the vendor or a customer, that a path names. @throws TenureError `not-found` for one whose people others manage */
export async function managedOrganization(
  tx: Executor,
  caller: PersonPrincipal,
  name: string,
): Promise<KnownOrganization> {
  const found = await findOrganization(tx, name);
  if (!found || !managesPeopleOf(caller, found.id)) throw notFound();
  return found;
}

/** The same with its key and name, for a page. @throws TenureError `not-found` */
export function showManaged(
  deps: ApiDeps,
  caller: PersonPrincipal,
  name: string,
): Promise<KnownOrganization & { key: string; name: string }> {
  return reading(deps, caller, async (tx) => {
    const found = await managedOrganization(tx, caller, name);
    return { ...found, ...(await readNamed(tx, found.id)) };
  });
}
