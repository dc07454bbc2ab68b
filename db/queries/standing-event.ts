import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { NewAuditEvent } from '../audit.ts';

/** What was written about a grant, for its audit event. */
export type Written = {
  id: string;
  organizationId: string;
  holderOrganizationId: string;
  requestId: string | null;
  policyVersion: string;
};

/** The same as columns of `access_grant g`. */
export const written = sql`g.id, g.organization_id as "organizationId", g.holder_organization_id as "holderOrganizationId",
  g.request_id as "requestId", g.policy_version as "policyVersion"`;

/** The event that tells of it. */
export function eventOf(
  type: NewAuditEvent['type'],
  row: Written,
  actor: Actor,
  reason: string | null,
): NewAuditEvent {
  const { id, organizationId, holderOrganizationId, requestId, policyVersion } = row;
  const subject = { kind: 'grant', id };
  return {
    type,
    actor,
    subject,
    organizationId,
    holderOrganizationId,
    requestId,
    grantId: id,
    policyVersion,
    reason,
  };
}
