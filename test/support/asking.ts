import { sql } from 'drizzle-orm';
import { newPassword } from '../../crypto/password.ts';
import type { Executor } from '../../db/client.ts';
import { enqueue, type OutboxLine } from '../../db/outbox.ts';
import { newId } from '../../domain/ids.ts';
import { periodMsOrThrow } from '../../domain/period.ts';

/** A request written straight into the ledger, for tests of what comes after asking. */
export interface Asking {
  person?: string;
  resource?: string;
  entitlement?: string;
  customer?: string;
  /** ISO 8601. */
  period?: string;
  startsAt?: Date;
  amr?: string[];
  /** Role keys (of the vendor, or `role@organization`) of which one holder each must approve. */
  stages?: string[];
  justification?: string;
  ticket?: string;
}

/** Asks as the API would, with the system's rights; returns the request's id and its outbox line. */
export function ask(db: Executor, wish: Asking = {}): Promise<{ requestId: string; line: OutboxLine }> {
  const {
    person = 'sam@northwind.example',
    resource = 'initech-env',
    entitlement = 'read',
    period = 'PT20M',
  } = wish;
  const stages = wish.stages ?? [];
  return db.transaction(async (tx) => {
    const requestId = newId('req');
    const rows = await tx.execute<{ organization_id: string }>(sql`
      insert into access_request (id, reference, kind, state, person_id, requested_by, organization_id, holder_organization_id,
        resource_id, entitlement_id, period, period_ms, starts_at, justification, ticket, assurance, lapses_at, settled_at, longest,
        policy_version, policies, digest)
      select ${requestId}, 'AR-' || nextval('access_request_reference'), 'access', ${stages.length > 0 ? 'waiting' : 'approved'},
        p.id, p.id, o.id, p.organization_id, r.id, e.id, ${period}, ${periodMsOrThrow(period)}, ${wish.startsAt?.toISOString() ?? null}::timestamptz,
        ${wish.justification ?? 'a test'}, ${wish.ticket ?? 'SUP-1'}, ${JSON.stringify({ amr: wish.amr ?? ['pwd', 'otp', 'mfa'], signals: [] })}::jsonb,
        tenure_now() + interval '2 hours', ${stages.length > 0 ? sql`null` : sql`tenure_now()`}, 'PT8H', 'sha256:test', '[]'::jsonb, ${newPassword()}
      from person p, resource r join entitlement e on e.resource_id = r.id and e.key = ${entitlement}
        join organization o on o.id = r.organization_id and ${wish.customer === undefined} or o.key = ${wish.customer ?? ''}
      where p.email = ${person} and r.key = ${resource}
      returning organization_id`);
    const organization = rows[0]?.organization_id;
    if (!organization) throw new RangeError('This names something that the example does not have.');
    for (const [position, name] of stages.entries()) {
      const [role = '', where = 'northwind'] = name.split('@');
      await tx.execute(sql`
        insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
        select ${newId('stage')}, ${requestId}, ${position}, ${name}, r.id, o.id, 1, tenure_now() + interval '2 hours', 'a test'
        from role r, organization o where r.key = ${role} and o.key = ${where}`);
    }
    const message = { signal: null, id: requestId, organization, run: 1 };
    const line = await enqueue(tx, { kind: 'engine', subjectId: requestId, message, traceparent: null });
    return { requestId, line };
  });
}

/** Decides as that person, on the stage that is theirs; the ledger's guards apply. Returns the decision's id. */
export async function decide(
  db: Executor,
  requestId: string,
  email: string,
  verb: 'approve' | 'deny' = 'approve',
): Promise<string> {
  return (await decideLine(db, requestId, email, verb)).message.id;
}

/** The same; returns the outbox line of the decision. */
export function decideLine(
  db: Executor,
  requestId: string,
  email: string,
  verb: 'approve' | 'deny' = 'approve',
): Promise<OutboxLine> {
  return db.transaction(async (tx) => {
    const id = newId('dec');
    const rows = await tx.execute<{ organization_id: string; run: number }>(sql`
      with decided as (
        insert into decision (id, request_id, stage_id, person_id, decision, comment, policy_version, request_digest)
        select ${id}, r.id, s.id, p.id, ${verb}, 'a test', r.policy_version, r.digest
        from access_request r join stage s on s.request_id = r.id join person p on p.email = ${email}
          join person_role h on h.person_id = p.id and h.role_id = s.role_id and h.organization_id = s.organization_id
        where r.id = ${requestId} returning request_id)
      select r.organization_id, r.engine_run as run from access_request r join decided d on d.request_id = r.id`);
    const row = rows[0];
    if (!row) throw new RangeError("No stage of this request is this person's.");
    const message = { signal: verb, id, organization: row.organization_id, run: row.run };
    return enqueue(tx, { kind: 'engine', subjectId: requestId, message, traceparent: null });
  });
}
