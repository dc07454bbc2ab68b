import { sql } from 'drizzle-orm';
import type { Client } from '@temporalio/client';
import type { Relay } from '../../activities/relay.ts';
import type { SealingKeys } from '../../crypto/keys.ts';
import { newPassword } from '../../crypto/password.ts';
import { seal } from '../../crypto/sealing.ts';
import type { Executor } from '../../db/client.ts';
import { enqueue } from '../../db/outbox.ts';
import { putNextPassword } from '../../db/queries/credential.ts';
import { insertEnding } from '../../db/queries/ending.ts';
import { orderEnd } from '../../db/queries/grant.ts';
import type { RequestState } from '../../domain/access-request.ts';
import type { Ending, StoredGrantState } from '../../domain/grant.ts';
import { newId } from '../../domain/ids.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import { requestWorkflowId } from '../../workflows/contract.ts';
import { eventually } from './wait.ts';

/** What the ledger tells of one request and its grant. */
export interface Story {
  state: RequestState;
  lastError: string | null;
  engineRun: number;
  grant: {
    id: string;
    state: StoredGrantState;
    account: string;
    from: Date;
    until: Date;
    endedAt: Date | null;
    endedBy: Ending | null;
    attempts: number;
    sealedPassword: string | null;
  } | null;
}

/** Reads it with the system's eyes. @throws RangeError when there is no such request. */
export async function tell(db: Executor, requestId: string): Promise<Story> {
  const rows = await db.execute<
    Record<string, unknown> & { story: Omit<Story, 'grant'>; grant: RawGrant | null }
  >(sql`
    select json_build_object('state', r.state, 'lastError', r.last_error, 'engineRun', r.engine_run) as story,
      case when g.id is not null then json_build_object('id', g.id, 'state', g.state, 'account', g.account, 'from', g."from",
        'until', g.until, 'endedAt', g.ended_at, 'endedBy', g.ended_by, 'attempts', g.attempts,
        'sealedPassword', g.sealed_password) end as grant
    from access_request r left join access_grant g on g.request_id = r.id where r.id = ${requestId}`);
  const row = rows[0];
  if (!row) throw new RangeError('No such request.');
  const { grant } = row;
  const instant = (text: string | null) => (text === null ? null : new Date(text));
  return {
    ...row.story,
    grant: grant && {
      ...grant,
      from: new Date(grant.from),
      until: new Date(grant.until),
      endedAt: instant(grant.endedAt),
    },
  };
}

type RawGrant = Omit<NonNullable<Story['grant']>, 'from' | 'until' | 'endedAt'> & {
  from: string;
  until: string;
  endedAt: string | null;
};

/** Waits until the request is in the state, and its grant too when one is named. */
export function becomes(
  db: Executor,
  requestId: string,
  state: RequestState,
  grant?: StoredGrantState,
  timeoutMs = 20_000,
): Promise<Story> {
  const what = `${state}${grant ? ` with a grant ${grant}` : ''}`;
  return eventually(
    what,
    async () => {
      const story = await tell(db, requestId);
      return story.state === state && (!grant || story.grant?.state === grant) && story;
    },
    { timeoutMs, describe: () => tell(db, requestId) },
  );
}

/** The types of the audit events of a request, in the order in which they were committed. */
export async function trail(db: Executor, requestId: string): Promise<string[]> {
  const rows = await db.execute<{ type: string }>(sql`
    select type from audit_event where request_id = ${requestId} order by occurred_at, xid, ctid`);
  return rows.map((row) => row.type);
}

/** How many audit events of that type a request has. */
export async function told(db: Executor, requestId: string, type: string): Promise<number> {
  return (await trail(db, requestId)).filter((known) => known === type).length;
}

const endings = {
  revocation: { prefix: 'rev', signal: 'revoke', by: 'sita@northwind.example' },
  return: { prefix: 'ret', signal: 'return', by: 'sam@northwind.example' },
  cancellation: { prefix: 'can', signal: 'cancel', by: 'sam@northwind.example' },
} as const;

/** Ends a request or its grant as the API would: a row, the order in the grant, and a line that wakes. False: too late. */
export function orderEnding(db: Executor, requestId: string, kind: keyof typeof endings): Promise<boolean> {
  const form = endings[kind];
  return db.transaction(async (tx) => {
    const rows = await tx.execute<{
      state: RequestState;
      organization: string;
      holder: string;
      run: number;
      person: string;
    }>(sql`
      select r.state, r.organization_id as organization, r.holder_organization_id as holder, r.engine_run as run, p.id as person
      from access_request r, person p where r.id = ${requestId} and p.email = ${form.by} for no key update of r`);
    const asked = rows[0];
    if (!asked) throw new RangeError('No such request.');
    const grants = await tx.execute<{ id: string }>(
      sql`select id from access_grant where request_id = ${requestId} for no key update`,
    );
    const grantId = grants[0]?.id ?? null;
    const isOpen = asked.state === 'waiting' || asked.state === 'approved';
    // What has begun is returned, not cancelled.
    if (kind === 'cancellation' && !isOpen) return false;
    const ordered = grantId ? await orderEnd(tx, grantId, { by: kind, personId: asked.person }) : false;
    if (!isOpen && !ordered) return false;
    const id = newId(form.prefix);
    await insertEnding(tx, {
      id,
      kind,
      requestId,
      grantId,
      organizationId: asked.organization,
      holderOrganizationId: asked.holder,
      personId: asked.person,
      reason: 'a test',
    });
    if (isOpen)
      await tx.execute(
        sql`update access_request set state = 'cancelled', settled_at = tenure_now() where id = ${requestId}`,
      );
    const message = { signal: form.signal, id, organization: asked.organization, run: asked.run };
    await enqueue(tx, { kind: 'engine', subjectId: requestId, message, traceparent: null });
    return true;
  });
}

/** Asks for a later end of what a request holds; approved at once, or waiting for a support lead. */
export function askExtension(
  db: Executor,
  requestId: string,
  period: string,
  needsApproval = false,
): Promise<string> {
  return db.transaction(async (tx) => {
    const id = newId('req');
    const state = needsApproval ? 'waiting' : 'approved';
    const rows = await tx.execute<{ organization_id: string }>(sql`
      insert into access_request (id, reference, kind, state, extends_request_id, person_id, requested_by, organization_id,
        holder_organization_id, resource_id, entitlement_id, period, period_ms, justification, ticket, assurance, lapses_at,
        settled_at, longest, policy_version, policies, digest)
      select ${id}, 'AR-' || nextval('access_request_reference'), 'extension', ${state}, r.id, r.person_id, r.requested_by,
        r.organization_id, r.holder_organization_id, r.resource_id, r.entitlement_id, ${period}, ${periodMsOrThrow(period)},
        'a test', r.ticket, r.assurance, tenure_now() + interval '2 hours', ${needsApproval ? sql`null` : sql`tenure_now()`},
        r.longest, r.policy_version, r.policies, ${newPassword()}
      from access_request r where r.id = ${requestId} returning organization_id`);
    const organization = rows[0]?.organization_id;
    if (!organization) throw new RangeError('No such request.');
    if (needsApproval)
      await tx.execute(sql`
        insert into stage (id, request_id, position, name, role_id, organization_id, needed, lapses_at, text)
        select ${newId('stage')}, ${id}, 0, 'lead', r.id, o.id, 1, tenure_now() + interval '2 hours', 'a test'
        from role r, organization o where r.key = 'support-lead' and o.key = 'northwind'`);
    const message = { signal: null, id, organization, run: 1 };
    await enqueue(tx, { kind: 'engine', subjectId: id, message, traceparent: null });
    return id;
  });
}

/** Asks for another credential of a grant, as the API does for its holder. */
export function askCredential(
  db: Executor,
  sealing: SealingKeys,
  grantId: string,
  traceparent: string | null = null,
): Promise<void> {
  return db.transaction(async (tx) => {
    await putNextPassword(tx, grantId, seal(sealing, newPassword(), `grant:${grantId}`));
    const rows = await tx.execute<{ organization: string }>(
      sql`select organization_id as organization from access_grant where id = ${grantId}`,
    );
    const message = { signal: null, id: grantId, organization: rows[0]?.organization ?? '', run: 1 };
    await enqueue(tx, { kind: 'credential', subjectId: grantId, message, traceparent });
  });
}

/** Whether the target and the ledger have the credential that was asked for. */
export async function isCredentialReplaced(db: Executor, grantId: string): Promise<boolean> {
  const rows = await db.execute<{ done: boolean }>(
    sql`select sealed_next_password is null as done from access_grant where id = ${grantId}`,
  );
  return rows[0]?.done ?? false;
}

/** Delivers, at once, whatever waits in the outbox. */
export async function deliverNow(stack: {
  ledger: { db: Executor };
  relay: Pick<Relay, 'deliver' | 'replaceCredentials'>;
}): Promise<void> {
  await stack.ledger.db.execute(
    sql`update outbox set due_at = tenure_now() where delivered_at is null and tries = 0 and due_at > tenure_now()`,
  );
  await stack.relay.deliver();
  await stack.relay.replaceCredentials();
}

/** Delivers all the time, as a worker's process does. Returns what stops it. */
export function keepRelaying(stack: Parameters<typeof deliverNow>[0]): () => Promise<void> {
  let isStopping = false;
  const loop = async () => {
    while (!isStopping) {
      await deliverNow(stack).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 40));
    }
  };
  const ended = loop();
  return async () => {
    isStopping = true;
    await ended;
  };
}

/** Starts whatever open request has no workflow, however lately it was looked at; returns how many. */
export async function repairNow(stack: {
  ledger: { db: Executor };
  relay: { repair(): Promise<number> };
}): Promise<number> {
  await stack.ledger.db.execute(
    sql`update access_request set engine_checked_at = tenure_now() - interval '1 hour'`,
  );
  return stack.relay.repair();
}

/** The workflow's status in Temporal once it is closed. */
export function closedStatus(client: Client, requestId: string, run = 1): Promise<string> {
  return eventually(
    `the end of ${requestWorkflowId(requestId, run)}`,
    async () => {
      const handle = client.workflow.getHandle(requestWorkflowId(requestId, run));
      // Not there yet is not closed.
      const described = await handle.describe().catch(() => null);
      return described !== null && described.status.name !== 'RUNNING' && described.status.name;
    },
    { timeoutMs: 30_000 },
  );
}
