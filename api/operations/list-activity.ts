import { type ActivityView, listActivity } from '../../db/queries/activity.ts';
import { resolveReferences } from '../../db/queries/catalog.ts';
import type { Page, PageWish } from '../../db/queries/instant.ts';
import type { ActivityKind } from '../../domain/activity.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { type PersonPrincipal, recordsOf } from '../principal.ts';
import { reading } from '../transact.ts';
import { customerOf } from './find-customer.ts';
import { notFound } from './refusals.ts';

/** What happened in a customer's space, newest first, as far as it concerns its people: for who reads its records. */
export function findActivity(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  filter: { person?: string | undefined; kind?: ActivityKind | undefined },
  page: PageWish,
): Promise<Outside<Page<ActivityView>>> {
  return reading(deps, caller, async (tx) => {
    const { id: customer } = await customerOf(tx, customerName);
    const reads = recordsOf(caller);
    if (reads === 'none' || (reads === 'organization' && caller.organization.id !== customer))
      throw notFound();
    const { kind } = filter;
    if (filter.person === undefined) return listActivity(tx, { customer, kind }, page);
    const { person } = await resolveReferences(tx, { person: filter.person });
    if (person === null)
      throw new TenureError('unknown-reference', 'Something named is not known.', [
        { pointer: 'person', detail: 'There is nobody of this name here.' },
      ]);
    return listActivity(tx, { customer, kind, person }, page);
  });
}
