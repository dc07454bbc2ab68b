import { createHash } from 'node:crypto';
import { canonicalJson } from '../../../crypto/canonical-json.ts';
import { assertNever } from '../../../domain/errors.ts';
import type { Change } from '../../../domain/plan.ts';
import type { Holder } from '../connector.ts';

/** What the application is told about one change. The names are the protocol's: docs/guides/connector-webhook.md. */
interface Message {
  type: 'access.added' | 'access.removed' | 'access.end_moved';
  resource: string;
  account: string;
  number: number;
  entitlement: string;
  /** The customer's key, or null. */
  customer: string | null;
  /** ISO 8601 UTC with milliseconds; null when it is removed. */
  until: string | null;
  user: { email: string; name: string } | null;
}

/**
 * One change as it goes over the wire: its key, the same for every try of the same attempt, and its body. The holder is
 * no part of the key, so that a new name makes no new change of an old one.
 */
export function messageOf(
  resource: string,
  change: Change,
  { number, holder }: { number: number; holder: Holder | null },
): { key: string; body: string } {
  const { account, entitlement, scope: customer } = change.holding;
  const { type, until } = typeAndEnd(change);
  const what = { type, resource, account, number, entitlement, customer, until };
  const user = holder && { email: holder.email, name: holder.name };
  const message: Message = { ...what, user };
  const digest = createHash('sha256').update(canonicalJson(what)).digest('base64url');
  return { key: `tnr_${digest}`, body: JSON.stringify(message) };
}

function typeAndEnd(change: Change): Pick<Message, 'type' | 'until'> {
  switch (change.kind) {
    case 'add':
      return { type: 'access.added', until: change.holding.until };
    case 'move-end':
      return { type: 'access.end_moved', until: change.until };
    case 'remove':
      return { type: 'access.removed', until: null };
    default:
      return assertNever(change);
  }
}
