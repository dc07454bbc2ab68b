import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { readCustomer } from '../../db/queries/customer.ts';
import { inOrder } from '../../domain/catalog.ts';
import { isMappable } from '../../domain/groups.ts';
import type { ApiDeps } from '../deps.ts';
import type { PersonPrincipal } from '../principal.ts';
import { reading } from '../transact.ts';
import { managedOrganization } from './managed-organization.ts';

/** The roles that a provider's groups may give to an organization's people: of a customer the contract roles of its tier. */
export function listMappable(
  deps: ApiDeps,
  caller: PersonPrincipal,
  organization: string,
): Promise<{ roles: string[] }> {
  return reading(deps, caller, async (tx) => {
    const { id, kind } = await managedOrganization(tx, caller, organization);
    const { catalog } = await readActiveCatalog(tx);
    if (kind === 'vendor') {
      const keys = catalog.roles.map(({ key }) => key).filter((key) => isMappable(catalog, null, key));
      return { roles: inOrder(new Set(keys)) };
    }
    const customer = await readCustomer(tx, id);
    const tier = catalog.tiers.find(({ key }) => key === customer?.tier);
    return { roles: inOrder(new Set(Object.keys(tier?.defaultRoles ?? {}))) };
  });
}
