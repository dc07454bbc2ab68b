import { sql } from 'drizzle-orm';
import { expect } from 'vitest';
import type { Executor } from '../../db/client.ts';
import { addFacts, takeContract, wakeCustomers } from '../../db/queries/contract.ts';
import type { releaseFence } from '../../db/queries/fence-decision.ts';
import { createProcess, type NewProcess, nudgeProcess, type ProcessWish } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { emptyContract, foldContract } from '../../domain/contract.ts';
import type { ContractFact, ContractPerson } from '../../domain/contract-fact.ts';
import { newId } from '../../domain/ids.ts';
import type { ProcessPersonState, ProcessState } from '../../domain/process.ts';
import type { Relay } from '../../activities/relay.ts';
import { eventually } from './wait.ts';

/** A customer of whom a contract was heard, and nothing done about it. */
export interface Prospect {
  organizationId: string;
  wish: ProcessWish;
}

/** So many people whom a contract could name; the first administers. */
export function someUsers(count: number, domain: string): ContractPerson[] {
  return Array.from({ length: count }, (_, index) => ({
    email: `user${index}@${domain}`,
    name: `User ${index}`,
    role: index === 0 ? 'administrator' : 'member',
  }));
}

/** Writes it as the reading of its first event does. */
export async function prospect(
  db: Executor,
  terms: {
    name: string;
    tier?: string;
    region?: string;
    until?: string;
    seats?: number;
    people: ContractPerson[];
  },
): Promise<Prospect> {
  const { name, tier = 'professional', region = 'us', until = null, seats = null, people } = terms;
  const id = newId('org');
  const content = foldContract(emptyContract(), {
    source: 'test',
    eventId: id,
    objectId: id,
    customer: { id, key: null, name },
    occurredAt: new Date(0).toISOString(),
    rank: 1,
    status: 'active',
    tier,
    region,
    endsAt: until,
    seats,
    people,
  });
  await db.execute(
    sql`insert into organization (id, key, kind, name) values (${id}, ${id}, 'customer', ${id})`,
  );
  await db.execute(sql`
    insert into contract (organization_id, content, state) values (${id}, ${JSON.stringify(content)}::jsonb, 'active')`);
  return {
    organizationId: id,
    wish: { effects: ['onboarded'], terms: { tier, region, seats, until, state: 'active' } },
  };
}

/** Makes a process with the engine's own hands, as an event would. Returns its id. */
export async function startProcess(
  db: Executor,
  wish: Pick<NewProcess, 'kind' | 'organizationId'> & Partial<NewProcess>,
): Promise<string> {
  const { id } = await db.transaction((tx) =>
    createProcess(tx, { cause: 'contract', wish: {}, actor: actors.engine, traceparent: null, ...wish }),
  );
  return id;
}

/** What the ledger tells of one process. */
export interface ProcessStory {
  kind: string;
  state: ProcessState;
  lastError: string | null;
  engineRun: number;
  people: Partial<Record<ProcessPersonState, number>>;
  tasks: string[];
}

export async function tellProcess(db: Executor, processId: string): Promise<ProcessStory> {
  const rows = await db.execute<ProcessStory & Record<string, unknown>>(sql`
    select s.kind, s.state, s.last_error as "lastError", s.engine_run as "engineRun",
      coalesce((select json_object_agg(w.state, w.count) from (select state, count(*)::int as count from process_person
        where process_id = s.id group by state) w), '{}') as people,
      array(select t.kind from task t where t.process_id = s.id order by t.kind, t.id) as tasks
    from process s where s.id = ${processId}`);
  const [row] = rows;
  if (!row) throw new RangeError('No such process.');
  return row;
}

/** Waits until it is in that state. */
export function processBecomes(db: Executor, processId: string, state: ProcessState): Promise<ProcessStory> {
  return eventually(
    `the state ${state} of ${processId}`,
    async () => {
      const story = await tellProcess(db, processId);
      return story.state === state && story;
    },
    { timeoutMs: 30_000, describe: () => tellProcess(db, processId) },
  );
}

/** Its audit events, the oldest first. */
export async function processTrail(db: Executor, processId: string): Promise<string[]> {
  const rows = await db.execute<{ type: string }>(sql`
    select type from audit_event where subject_id = ${processId} order by id`);
  return rows.map(({ type }) => type);
}

/** Kinds of the messages about a process, the oldest first. */
export async function processMails(db: Executor, processId: string): Promise<string[]> {
  const rows = await db.execute<{ kind: string }>(sql`
    select kind from mail where process_id = ${processId} order by created_at, id`);
  return rows.map(({ kind }) => kind);
}

/** Confirms the open welcome of a process's person with that address, and tells the process. */
export async function confirmWelcomeOf(db: Executor, processId: string, email: string): Promise<void> {
  await db.transaction(async (tx) => {
    const confirmed = await tx.execute(sql`
      update welcome w set confirmed_at = tenure_now(), sealed_token = null from person p
      where p.id = w.person_id and p.email = ${email} and w.process_id = ${processId} and w.confirmed_at is null
      returning w.id`);
    if (confirmed.length === 0) throw new RangeError('Nothing to confirm.');
    await nudgeProcess(tx, processId, 'confirm', null);
  });
}

/** Looks after every open process and customer, however lately it was looked at; returns how many were started. */
export async function repairProcesses(stack: {
  ledger: { db: Executor };
  relay: Pick<Relay, 'repair'>;
}): Promise<number> {
  const { db } = stack.ledger;
  await db.execute(sql`update process set engine_checked_at = tenure_now() - interval '1 hour'`);
  await db.execute(sql`update contract set engine_checked_at = tenure_now() - interval '1 hour'`);
  return stack.relay.repair();
}

/** A contract's event as it has been read: the customer's facts, and the line that wakes its workflow. */
export async function hear(
  db: Executor,
  organizationId: string,
  fact: Partial<ContractFact> & Pick<ContractFact, 'occurredAt'>,
): Promise<void> {
  const eventId = newId('evt');
  await db.transaction(async (tx) => {
    await takeContract(tx, organizationId);
    await tx.execute(sql`
      insert into event_source (key, name, scheme, mapping, secrets) values ('test', 'A test', 'standard', '{}', '[]') on conflict do nothing`);
    await tx.execute(sql`
      insert into inbound_event (id, source, event_id, body, content_type) values (${eventId}, 'test', ${eventId}, '', 'text/plain')`);
    const customer = { id: organizationId, key: null, name: null };
    const said = { source: 'test', eventId, objectId: organizationId, customer, rank: 1, ...fact };
    await addFacts(tx, organizationId, eventId, [said]);
    await wakeCustomers(tx, [organizationId]);
  });
}

/** An organization of which nobody has said anything yet. */
export async function unheardOf(db: Executor): Promise<string> {
  const id = newId('org');
  await db.execute(
    sql`insert into organization (id, key, kind, name) values (${id}, ${id}, 'customer', ${id})`,
  );
  return id;
}

/** Every grant of the process began once, and each of so many people is done. */
export async function expectEachOnce(db: Executor, processId: string, people: number): Promise<void> {
  expect(await tellProcess(db, processId)).toMatchObject({ people: { done: people } });
  const rows = await db.execute<{ intended: number; begun: number }>(sql`
    select count(*) filter (where type = 'grant.intended')::int as intended, count(*) filter (where type = 'grant.begun')::int as begun
    from audit_event a join access_grant g on g.id = a.grant_id where g.process_id = ${processId}`);
  const [grants] = await db.execute<{ open: number; held: number }>(sql`
    select count(*)::int as open, count(distinct (person_id, entitlement_id))::int as held
    from access_grant where process_id = ${processId} and state = 'held'`);
  expect(grants?.open).toBe(grants?.held);
  expect(rows[0]).toEqual({ intended: grants?.open, begun: grants?.open });
}

/** Sita releases or discards what a fence holds, or these items of it. */
export async function decideAsSita(
  db: Executor,
  decide: typeof releaseFence,
  wish: { fenceId: string; items?: string[] },
): Promise<void> {
  const [sita] = await db.execute<{ id: string }>(
    sql`select id from person where email = 'sita@northwind.example'`,
  );
  const by = { kind: 'person', id: sita?.id ?? '', name: 'Sita' } as const;
  await db.transaction((tx) => decide(tx, { ...wish, by, comment: null, traceparent: null }));
}
