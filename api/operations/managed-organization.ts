import type { Executor } from '../../db/client.ts';
import { findOrganization, type KnownOrganization } from '../../db/queries/organization.ts';
import { hasDuty, type PersonPrincipal } from '../principal.ts';
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
