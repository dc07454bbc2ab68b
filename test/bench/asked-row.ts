import { sql } from 'drizzle-orm';
import { newPassword } from '../../crypto/password.ts';
import type { Executor } from '../../db/client.ts';
import type { NewAccessRequest } from '../../db/queries/access-request.ts';
import { newId } from '../../domain/ids.ts';
import { limits } from '../../domain/limits.ts';

/** Makes requests as asking writes them: Sam wants to read Globex's data for an hour, and a lead decides. Each has other ids. */
export async function askedRows(db: Executor): Promise<() => NewAccessRequest> {
  const [ids] = await db.execute<{
    person: string;
    vendor: string;
    customer: string;
    resource: string;
    entitlement: string;
  }>(sql`
    select p.id as person, p.organization_id as vendor, r.organization_id as customer, r.id as resource, e.id as entitlement
    from person p, resource r join entitlement e on e.resource_id = r.id
    where p.email = 'sam@northwind.example' and r.key = 'globex-env' and e.key = 'read'`);
  if (!ids) throw new RangeError('The example is not there.');
  return () => ({
    id: newId('req'),
    kind: 'access',
    state: 'waiting',
    extendsRequestId: null,
    replacesRequestId: null,
    personId: ids.person,
    requestedBy: ids.person,
    organizationId: ids.customer,
    holderOrganizationId: ids.vendor,
    resourceId: ids.resource,
    entitlementId: ids.entitlement,
    period: 'PT1H',
    periodMs: 3_600_000,
    startsAt: null,
    justification: 'The customer cannot see the orders of yesterday.',
    ticket: 'SUP-1042',
    assurance: { amr: ['pwd', 'otp', 'mfa'], signals: [] },
    silenceMs: limits.silenceMs,
    lapsesAtLatest: null,
    longest: 'PT8H',
    policyVersion: 'sha256:bench',
    policies: [{ id: 'support-read', title: 'Support engineers may read with an approval.' }],
    reported: false,
    needsMfa: false,
    freshMs: null,
    signedBy: null,
    digest: newPassword(),
    stages: [
      {
        id: newId('stage'),
        name: 'support-lead',
        roleKey: 'support-lead',
        organizationId: ids.vendor,
        needed: 1,
        text: 'A support lead approves.',
        withinMs: null,
      },
    ],
  });
}
