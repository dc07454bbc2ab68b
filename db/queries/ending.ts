import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { type PersonView, personJson } from './person.ts';

export type EndingKind = 'revocation' | 'return' | 'cancellation';

/** A recorded revocation, return or cancellation as the outside sees it. */
export interface EndingView {
  id: string;
  kind: EndingKind;
  requestId: string | null;
  grantId: string | null;
  person: PersonView | null;
  reason: string | null;
  recordedAt: string;
}

export interface NewEnding {
  id: string;
  kind: EndingKind;
  requestId: string | null;
  grantId: string | null;
  organizationId: string;
  holderOrganizationId: string;
  /** Null where the engine wants it. */
  personId: string | null;
  reason: string | null;
}

/** Writes down that somebody wants it ended; when is said by the ledger. */
export async function insertEnding(tx: Executor, wish: NewEnding): Promise<EndingView> {
  const rows = await tx.execute<EndingView & Record<string, unknown>>(sql`
    insert into ending as n (id, kind, request_id, grant_id, organization_id, holder_organization_id, actor_kind, person_id, reason)
    values (${wish.id}, ${wish.kind}, ${wish.requestId}, ${wish.grantId}, ${wish.organizationId}, ${wish.holderOrganizationId},
      ${wish.personId === null ? 'engine' : 'person'}, ${wish.personId}, ${wish.reason})
    returning n.id, n.kind, n.request_id as "requestId", n.grant_id as "grantId", ${personJson(sql`n.person_id`)} as person, n.reason,
      ${iso(sql`n.recorded_at`)} as "recordedAt"`);
  const [row] = rows;
  if (!row) throw new TypeError('An ending without a row.');
  return row;
}
