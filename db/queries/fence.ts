import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { FenceLimit } from '../../domain/catalog-settings.ts';
import { fenceLimit, passFence } from '../../domain/fence.ts';
import { newId } from '../../domain/ids.ts';
import { periodMsOrThrow } from '../../domain/period.ts';
import type { ProcessCause, ProcessKind } from '../../domain/process.ts';
import { appendAudit } from '../audit.ts';
import type { Executor } from '../client.ts';
import { readFenceLimit } from './catalog-revision.ts';
import { queueMail } from './mail.ts';
import { hasGoneByDirectory, isTakenBack } from './scim-leaving.ts';
import { suspendOrganization, suspendPeople } from './offboarding.ts';
import { activeNow, heldNow } from './person.ts';
import { anyOf, textArray } from './texts.ts';

/** What somebody would gain and lose: names of entitlements, such as `northwind-app:use`, or words. */
export interface Difference {
  gain: string[];
  lose: string[];
}

/** What becomes of a change: it goes on, waits for a second person, or was discarded by one. */
export type Passing = 'through' | 'held' | 'discarded';

/** A change that reduces or ends one customer, which an event of a billing or CRM source set off. */
export interface SourcePassage {
  /** The source's key. */
  source: string;
  organizationId: string;
  processId: string;
  /** What the customer's users would gain and lose. */
  difference: Difference;
}

/**
 * Whether a source's change of a customer goes on. Each customer counts once in the window, however many users it has; the
 * first up to the limit go through, the rest waits behind the source's fence. A held customer whose end is due is suspended
 * at once. Asked again, the answer is what was decided meanwhile. Births never count, and of what reduces nothing the caller
 * does not ask.
 */
export async function passSourceFence(tx: Executor, wish: SourcePassage): Promise<Passing> {
  const { source, organizationId, processId, difference } = wish;
  const process = await readCause(tx, processId);
  if (process.kind === 'onboarding') return 'through';
  const gate = { kind: 'source', subject: source } as const;
  const known = (await readDecided(tx, processId, [whole])).get(whole);
  if (known) return known;
  await takeTurn(tx, gate);
  const limits = await readFenceLimit(tx, gate.kind);
  const size = sql`select count(*)::int as size from organization where kind = 'customer' and onboarded_at is not null and offboarded_at is null`;
  const { limit, passage } = await count(tx, { ...gate, limits, size }, [organizationId]);
  if (passage.held.length === 0) return 'through';
  const isEnding = process.kind === 'offboarding' && process.isDue;
  const suspended = isEnding && (await suspendOrganization(tx, organizationId, actors.engine, 'fence'));
  await hold(tx, { ...gate, organizationId: null, cause: process.cause, author: null, limit }, processId, [
    { personId: null, organizationId, difference, suspended },
  ]);
  return 'held';
}

/** Changes of people of one tenant, all of one process, that a feed or an edit of the configuration set off. */
export interface PeoplePassage {
  organizationId: string;
  processId: string;
  cause: ProcessCause;
  /** Who set it off: may not release it. */
  author: string | null;
  people: readonly { personId: string; difference: Difference }[];
}

/**
 * Whose changes go on. Only what a roster feed or an edit of the configuration does counts, and who leaves by a date that was
 * written down: each person once in the window who gains or loses anything, and of new people those who would decide or do
 * something in Tenure itself. Whatever an administrator does to one person goes through. Who shall leave and is held is
 * suspended at once. Asked again, the answer is what was decided meanwhile.
 */
export async function passPeopleFence(tx: Executor, wish: PeoplePassage): Promise<Record<Passing, string[]>> {
  const { organizationId, processId, cause, author, people } = wish;
  const { kind, countsBirths, beyond } = await readCause(tx, processId);
  // Many ends at once were written by a feed, too, however long ago.
  const isFenced = isCounted(cause) || (kind === 'offboarding' && cause === 'end-date');
  const answer: Record<Passing, string[]> = { through: [], held: [], discarded: [] };
  const asked = isFenced ? people.map(({ personId }) => personId) : [];
  const decided = await readDecided(tx, processId, asked);
  const fresh = new Map<string, Difference>();
  for (const { personId, difference } of people) {
    const { gain, lose } = difference;
    const changes =
      kind === 'offboarding' || ((kind !== 'onboarding' || countsBirths) && gain.length + lose.length > 0);
    const known = decided.get(personId);
    if (isFenced && changes && !known) fresh.set(personId, difference);
    else answer[known ?? 'through'].push(personId);
  }
  if (fresh.size === 0) return answer;
  // People before the turn: who has a person's row may come to this very fence.
  await tx.execute(
    sql`select from person where id = ${anyOf([...fresh.keys()])} order by id for no key update`,
  );
  const gate = { kind: 'people', subject: organizationId } as const;
  await takeTurn(tx, gate);
  const limits = await readFenceLimit(tx, gate.kind);
  const size = sql`select count(*)::int as size from person where organization_id = ${organizationId} and offboarded_at is null`;
  const wanted = [...fresh.keys()];
  // What a directory has said beyond the limit was counted where it was accepted.
  const { limit, passage } = beyond
    ? { limit: beyond.limit, passage: await passBeyond(tx, processId, wanted) }
    : await count(tx, { ...gate, limits, size }, wanted);
  answer.through.push(...passage.through);
  answer.discarded.push(...passage.discarded);
  if (passage.held.length === 0) return answer;
  answer.held.push(...passage.held);
  const suspended = new Set(
    kind === 'offboarding' ? await suspendPeople(tx, passage.held, actors.engine, 'fence') : [],
  );
  if (beyond?.suspended) for (const personId of passage.held) suspended.add(personId);
  const items = passage.held.flatMap((personId) => {
    const difference = fresh.get(personId);
    return difference ? [{ personId, organizationId, difference, suspended: suspended.has(personId) }] : [];
  });
  await hold(tx, { ...gate, organizationId, cause, author, limit }, processId, items);
  return answer;
}

/** Everybody waits, but for whom the directory has taken back meanwhile. */
async function passBeyond(tx: Executor, processId: string, wanted: readonly string[]) {
  const isBack = await isTakenBack(tx, processId);
  return { through: [], held: isBack ? [] : wanted, discarded: isBack ? wanted : [] };
}

/** Only what a roster feed or an edit of the configuration does is counted. */
function isCounted(cause: ProcessCause): boolean {
  return cause === 'roster' || cause === 'configuration';
}

type Cause = {
  kind: ProcessKind;
  cause: ProcessCause;
  isDue: boolean;
  countsBirths: boolean;
  /** See `ProcessWish`. */
  beyond: { limit: number; suspended: boolean } | null;
};

async function readCause(tx: Executor, processId: string): Promise<Cause> {
  const rows = await tx.execute<Cause>(
    sql`select kind, cause, due_at <= tenure_now() as "isDue", wish ? 'counts' as "countsBirths", wish->'beyond' as beyond from process where id = ${processId}`,
  );
  const [row] = rows;
  if (!row) throw new RangeError('A fence for a process that there is not.');
  return row;
}

/** Of a `source` fence: the process as a whole, and nobody of its people. */
const whole = '';

/** What was held of a process before, of these people alone: however many it has, a page costs the same. */
async function readDecided(
  tx: Executor,
  processId: string,
  personIds: readonly string[],
): Promise<Map<string, Passing>> {
  if (personIds.length === 0) return new Map();
  const rows = await tx.execute<{ personId: string; state: 'waiting' | 'released' | 'discarded' }>(sql`
    select coalesce(person_id, '') as "personId", state from fence_item
    where process_id = ${processId} and coalesce(person_id, '') = ${anyOf(personIds)}`);
  const passing = { waiting: 'held', released: 'through', discarded: 'discarded' } as const;
  return new Map(rows.map(({ personId, state }) => [personId, passing[state]]));
}

interface Gate {
  kind: 'source' | 'people';
  /** The source's key, or the tenant's organization id. */
  subject: string;
}

/** Whoever comes to the same fence at once waits here, and then counts who went through. */
async function takeTurn(tx: Executor, { kind, subject }: Gate): Promise<void> {
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`fence:${kind}:${subject}`}, 0))`);
}

/** Who goes through within the window, and notes that they did. */
async function count(
  tx: Executor,
  { kind, subject, limits, size }: Gate & { limits: FenceLimit; size: ReturnType<typeof sql> },
  wanted: readonly string[],
) {
  const window = sql`tenure_now() - ${periodMsOrThrow(limits.window)} * interval '1 millisecond'`;
  await tx.execute(
    sql`delete from fence_passage where kind = ${kind} and subject = ${subject} and passed_at <= ${window}`,
  );
  // Whom a directory had leave was let through where it was said.
  const before = await tx.execute<{ counted: string }>(sql`
    select counted from fence_passage where kind = ${kind} and subject = ${subject} union
    select s.person_id from process s where ${kind} = 'people' and s.organization_id = ${subject} and ${hasGoneByDirectory} and s.created_at > ${window}`);
  const [all] = await tx.execute<{ size: number }>(size);
  const limit = fenceLimit(limits, all?.size ?? 0);
  const passage = passFence({ limit, already: before.map(({ counted }) => counted), wanted });
  if (passage.through.length > 0)
    await tx.execute(sql`
      insert into fence_passage (kind, subject, counted) select ${kind}, ${subject}, unnest(${textArray(passage.through)})
      on conflict (kind, subject, counted) do update set passed_at = tenure_now()`);
  return { limit, passage: { ...passage, discarded: [] } };
}

interface OpenFence extends Gate {
  /** The tenant of a `people` fence. */
  organizationId: string | null;
  cause: ProcessCause;
  author: string | null;
  limit: number;
}

interface HeldItem {
  personId: string | null;
  organizationId: string;
  difference: Difference;
  suspended: boolean;
}

/** Puts changes behind the open fence of their kind, which is opened for the first of them and told to who may release it. */
async function hold(
  tx: Executor,
  fence: OpenFence,
  processId: string,
  items: readonly HeldItem[],
): Promise<void> {
  const { fenceId, isNew } = await openFence(tx, fence);
  const rows = items.map((item) => ({ id: newId('item'), ...item }));
  await tx.execute(sql`
    insert into fence_item (id, fence_id, process_id, person_id, organization_id, difference, suspended)
    select i.id, ${fenceId}, ${processId}, i."personId", i."organizationId", i.difference, i.suspended
    from json_to_recordset(${JSON.stringify(rows)}::json) as i(id text, "personId" text, "organizationId" text,
      difference jsonb, suspended boolean)`);
  await tx.execute(sql`
    update process_person set state = 'fenced', changed_at = tenure_now() where process_id = ${processId} and state = 'waiting'
      and person_id = ${anyOf(items.flatMap(({ personId }) => (personId === null ? [] : [personId])))}`);
  if (isNew) await announce(tx, fence, fenceId, items.length);
}

async function openFence(tx: Executor, fence: OpenFence): Promise<{ fenceId: string; isNew: boolean }> {
  const { kind, subject, organizationId, cause, author, limit } = fence;
  for (;;) {
    const made = await tx.execute<{ id: string }>(sql`
      insert into fence (id, kind, subject, organization_id, cause, author, "limit")
      values (${newId('fence')}, ${kind}, ${subject}, ${organizationId}, ${cause}, ${author}, ${limit})
      on conflict do nothing returning id`);
    if (made[0]) return { fenceId: made[0].id, isNew: true };
    // Kept from being closed while something is put behind it.
    const open = await tx.execute<{ id: string }>(sql`
      select id from fence where kind = ${kind} and subject = ${subject} and cause = ${cause}
        and coalesce(author, '') = ${author ?? ''} and closed_at is null for no key update`);
    if (open[0]) return { fenceId: open[0].id, isNew: false };
  }
}

async function announce(
  tx: Executor,
  { organizationId, author, limit }: OpenFence,
  fenceId: string,
  waiting: number,
): Promise<void> {
  const [vendor] = await tx.execute<{ id: string }>(sql`select tenure_vendor() as id`);
  const owner = organizationId ?? vendor?.id ?? null;
  await appendAudit(tx, {
    type: 'fence.opened',
    actor: actors.engine,
    subject: { kind: 'fence', id: fenceId },
    organizationId: owner,
    holderOrganizationId: owner,
    reason: `limit ${limit}`,
  });
  const people = await tx.execute<{ id: string; organization: string }>(sql`
    select p.id, p.organization_id as organization from person p
    where p.organization_id = tenure_vendor() and ${activeNow(sql`p`)} and p.id is distinct from ${author}
      and exists (select 1 from person_role h join role r on r.id = h.role_id and 'release-fences' = any(r.duties)
        where h.person_id = p.id and h.organization_id = p.organization_id and ${heldNow(sql`h`)})
    order by p.id`);
  for (const { id, organization } of people)
    await queueMail(tx, {
      mail: { kind: 'fence-waits', data: { fenceId, waiting } },
      toPersonId: id,
      organizationId: organization,
    });
}
