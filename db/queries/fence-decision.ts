import { type SQL, sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import { TenureError } from '../../domain/errors.ts';
import { appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import type { OutboxLine } from '../outbox.ts';
import { closeFence, stillWaits } from './fence-close.ts';
import { aboutPeople } from './offboarding.ts';
import { isInForce } from './held-back.ts';
import { nudgeProcess } from './process.ts';
import { anyOf } from './texts.ts';

/** What a second person says about changes that a fence holds. */
export interface FenceDecision {
  fenceId: string;
  /** Ids of single items; absent: all that wait. */
  items?: readonly string[] | undefined;
  /** Who says so. The guards of the ledger refuse whoever set the changes off, and whoever may not release fences. */
  by: Actor;
  comment: string | null;
  traceparent: string | null;
}

/** How many were decided, and the lines that wake their processes. */
export interface FenceDecided {
  decided: number;
  lines: OutboxLine[];
}

/**
 * Lets held changes go on. Their processes take it up from the rows.
 * @throws TenureError `not-found`, `already-decided`
 */
export async function releaseFence(tx: Executor, decision: FenceDecision): Promise<FenceDecided> {
  const items = await decide(tx, decision, 'released');
  return settle(tx, decision, items, 'release');
}

/**
 * Drops held changes: nothing of them happens, by this process or any other, until somebody asks for it anew; and who was
 * suspended for them is so no more.
 * @throws TenureError `not-found`, `already-decided`
 */
export async function discardFence(tx: Executor, decision: FenceDecision): Promise<FenceDecided> {
  await lockHeld(tx, decision);
  const items = await decide(tx, decision, 'discarded');
  await restorePeople(tx, decision, items);
  await restoreCustomers(tx, decision, items);
  return settle(tx, decision, items, 'discard');
}

/** Customers and people before the fence itself, as whoever puts them behind it does. */
async function lockHeld(tx: Executor, { fenceId, items }: FenceDecision): Promise<void> {
  const held = sql`from fence_item i where i.fence_id = ${fenceId} and i.state = 'waiting'
    ${items ? sql`and i.id = ${anyOf(items)}` : sql``}`;
  await tx.execute(sql`
    select from organization where id in (select i.organization_id ${held} and i.person_id is null) order by id for no key update`);
  await tx.execute(
    sql`select from person where id in (select i.person_id ${held}) order by id for no key update`,
  );
}

type DecidedItem = {
  id: string;
  processId: string;
  personId: string | null;
  organizationId: string;
  suspended: boolean;
};

async function decide(
  tx: Executor,
  { fenceId, items, by, comment }: FenceDecision,
  state: 'released' | 'discarded',
): Promise<DecidedItem[]> {
  // Before its items: whoever decides on the last of them closes it.
  const known = await tx.execute(sql`select id from fence where id = ${fenceId} for no key update`);
  if (known.length === 0) throw notThere();
  const named = items ? sql`and id = ${anyOf(items)}` : sql``;
  // What was dropped is in force still where an edit or a customer's terms would bring it: others must not bring it about.
  const kept = sql`case when person_id is not null and exists (select 1 from process s where s.id = process_id
    and s.kind = 'role-change' and ${isInForce}) then difference end`;
  const rows = await tx.execute<DecidedItem>(sql`
    update fence_item set state = ${state}, decided_by = ${by.id}, comment = ${comment}${state === 'discarded' ? sql`, kept = ${kept}` : sql``}
    where fence_id = ${fenceId} and ${stillWaits(sql`fence_item`)} ${named}
    returning id, process_id as "processId", person_id as "personId", organization_id as "organizationId", suspended`);
  if (rows.length === 0 || (items && rows.length < new Set(items).size)) {
    const all = await tx.execute(sql`select id from fence_item where fence_id = ${fenceId} ${named}`);
    if (items && all.length < new Set(items).size) throw notThere();
    throw new TenureError('already-decided', 'Somebody has decided on this already. Look again.');
  }
  await closeFence(tx, fenceId);
  await note(tx, { fenceId, items, by, comment, state }, rows);
  return [...rows];
}

function notThere(): TenureError {
  return new TenureError('not-found', 'There is nothing here that you may see.');
}

/** Single items are told one by one, in the records of whom they concern; all of a fence at once in one line. */
async function note(
  tx: Executor,
  decided: Pick<FenceDecision, 'fenceId' | 'items' | 'by' | 'comment'> & { state: 'released' | 'discarded' },
  rows: readonly DecidedItem[],
): Promise<void> {
  const { fenceId, items, by, comment, state } = decided;
  const type = `fence.${state}` as const;
  if (items) {
    await appendAudits(
      tx,
      rows.map(({ id, organizationId }) => ({
        type,
        actor: by,
        subject: { kind: 'fence_item', id },
        organizationId,
        holderOrganizationId: organizationId,
        reason: comment,
      })),
    );
    return;
  }
  const [fence] = await tx.execute<{ owner: string }>(
    sql`select coalesce(organization_id, tenure_vendor()) as owner from fence where id = ${fenceId}`,
  );
  const owner = fence?.owner ?? null;
  const owners = { organizationId: owner, holderOrganizationId: owner };
  const reason = `${rows.length} of it${comment === null ? '' : `: ${comment}`}`;
  await appendAudits(tx, [{ type, actor: by, subject: { kind: 'fence', id: fenceId }, ...owners, reason }]);
}

async function settle(
  tx: Executor,
  { traceparent }: FenceDecision,
  items: readonly DecidedItem[],
  signal: 'release' | 'discard',
): Promise<FenceDecided> {
  const lines: OutboxLine[] = [];
  for (const processId of new Set(items.map((item) => item.processId))) {
    const line = await nudgeProcess(tx, processId, signal, traceparent);
    if (line) lines.push(line);
  }
  return { decided: items.length, lines };
}

/**
 * A discarded leaving had suspended them, at once or, after a grace, when its time came, and no other one that a fence holds or has let go is
 * still on its way.
 */
function isLifted(which: SQL, suspendedAt: SQL): SQL {
  const leaving = sql`select 1 from fence_item i join process s on s.id = i.process_id and s.kind = 'offboarding' where ${which}`;
  return sql`exists (${leaving} and (i.suspended or s.due_at > s.created_at and s.due_at <= i.decided_at) and i.state = 'discarded' and i.decided_at >= ${suspendedAt})
    and not exists (${leaving} and i.state <> 'discarded' and s.state in ('waiting', 'fenced', 'running'))`;
}

/** Lifts what the fence has suspended, and nothing that another reason keeps suspended. */
async function restorePeople(
  tx: Executor,
  { by, comment }: FenceDecision,
  items: readonly DecidedItem[],
): Promise<void> {
  const ids = items.flatMap(({ personId }) => (personId === null ? [] : [personId]));
  const rows = await tx.execute<{ id: string; organization: string }>(sql`
    update person p set suspended_at = null where p.id = ${anyOf(ids)} and p.suspended_at is not null and p.offboarded_at is null
      and ${isLifted(sql`i.person_id = p.id`, sql`p.suspended_at`)}
    returning p.id, p.organization_id as organization`);
  await appendAudits(tx, aboutPeople(rows, 'person.restored', by, comment));
}

async function restoreCustomers(
  tx: Executor,
  { by, comment }: FenceDecision,
  items: readonly DecidedItem[],
): Promise<void> {
  const ids = items.flatMap((item) => (item.personId === null ? [item.organizationId] : []));
  const rows = await tx.execute<{ id: string }>(sql`
    update organization o set suspended_at = null where o.id = ${anyOf(ids)} and o.suspended_at is not null and o.offboarded_at is null
      and not exists (select 1 from contract c where c.organization_id = o.id and c.dunning_state in ('suspended', 'offboarded'))
      and ${isLifted(sql`i.organization_id = o.id and i.person_id is null`, sql`o.suspended_at`)}
    returning o.id`);
  await appendAudits(
    tx,
    rows.map(({ id }) => ({
      type: 'organization.restored',
      actor: by,
      subject: { kind: 'organization', id },
      organizationId: id,
      holderOrganizationId: id,
      reason: comment,
    })),
  );
}
