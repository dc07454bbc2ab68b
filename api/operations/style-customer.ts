import { appendAudit } from '../../db/audit.ts';
import { styleOrganization } from '../../db/queries/organization.ts';
import { type Brand, brandColor, brandOf } from '../../domain/brand.ts';
import { TenureError } from '../../domain/errors.ts';
import type { ApiDeps } from '../deps.ts';
import type { Outside } from '../outside.ts';
import { actorOf, type PersonPrincipal } from '../principal.ts';
import { type IdempotencyKey, transact } from '../transact.ts';
import { customerOf } from './find-customer.ts';
import { managesPeopleOf } from './managed-organization.ts';
import { notFound } from './refusals.ts';

/** How a customer's panel looks. */
export interface Appearance {
  /** As it was chosen. */
  brandColor: string | null;
  /** What is made of it so that it can be read. */
  shown: Brand | null;
  shownName: string | null;
}

/** Says how a customer's panel looks: its colour, and how it is headed. Null takes either away. */
export function styleCustomer(
  deps: ApiDeps,
  caller: PersonPrincipal,
  customerName: string,
  wish: { brandColor: string | null; shownName: string | null },
  idempotency: IdempotencyKey | null,
): Promise<Outside<Appearance>> {
  return transact(deps, caller, idempotency, async (tx) => {
    const { id, name } = await customerOf(tx, customerName);
    if (!managesPeopleOf(caller, id)) throw notFound();
    const color = wish.brandColor === null ? null : brandColor(wish.brandColor);
    if (wish.brandColor !== null && color === null) {
      const detail = 'A colour is six digits or letters from a to f, like #6b2246.';
      throw new TenureError('invalid-input', 'Some fields are wrong.', [{ pointer: '/brand_color', detail }]);
    }
    const shownName = wish.shownName === name ? null : wish.shownName;
    const isChanged = await styleOrganization(tx, id, { brandColor: color, shownName });
    if (isChanged)
      await appendAudit(tx, {
        type: 'organization.styled',
        actor: actorOf(caller),
        subject: { kind: 'organization', id },
        organizationId: id,
        holderOrganizationId: id,
        reason: [color ?? 'no colour', shownName ?? 'its own name'].join(', '),
      });
    const shown = color === null ? null : brandOf(color);
    return { answer: { brandColor: color, shown, shownName }, lines: [] };
  });
}
