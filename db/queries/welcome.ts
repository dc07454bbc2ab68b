import { sql } from 'drizzle-orm';
import type { SealingKeys } from '../../crypto/keys.ts';
import { linkTokenHash, newLinkToken } from '../../crypto/link-token.ts';
import { seal } from '../../crypto/sealing.ts';
import { newId } from '../../domain/ids.ts';
import { openProcessStates } from '../../domain/process.ts';
import type { Executor } from '../client.ts';
import type { OutboxLine } from '../outbox.ts';
import { iso } from './instant.ts';
import { queueMail } from './mail.ts';
import { nudgeProcess } from './process.ts';
import { anyOf } from './texts.ts';
import { fixed } from './fixed.ts';

/** What a welcome's sealed token is bound to, so that it opens in no other row. */
export function welcomeContext(welcomeId: string): string {
  return `welcome:${welcomeId}`;
}

export interface NewWelcome {
  personId: string;
  organizationId: string;
  processId: string | null;
  /** How long the link is good for, in milliseconds. */
  forMs: number;
  /** The person who asked for it, if one did. */
  invitedBy: string | null;
  /** What the link's token is kept under, for the reminders. */
  sealing: SealingKeys;
  traceparent?: string | null;
}

const isOpen = sql`confirmed_at is null and voided_at is null`;

/**
 * Makes a person's one open welcome and queues its message, in the caller's transaction, which holds the person's row. A
 * process makes one for a person only once, so that it may come here again: what it made before stands, confirmed or over
 * too. Whatever else is open for the person is void from now; to invite anew, {@link voidWelcomes} first. Returns the id.
 */
export async function createWelcome(tx: Executor, wish: NewWelcome): Promise<string> {
  const { personId, organizationId, processId } = wish;
  const made = await tx.execute<{ id: string }>(sql`
    with made as (
      select id from welcome where person_id = ${personId} and process_id = ${processId} and voided_at is null),
    others as (
      update welcome set voided_at = tenure_now(), sealed_token = null
      where person_id = ${personId} and ${isOpen} and not exists (select from made))
    select id from made`);
  if (made[0]) return made[0].id;
  const id = newId('welcome');
  const token = newLinkToken();
  const sealed = seal(wish.sealing, token, welcomeContext(id));
  await tx.execute(sql`
    insert into welcome (id, person_id, organization_id, process_id, token_hash, sealed_token, expires_at)
    values (${id}, ${personId}, ${organizationId}, ${processId}, ${linkTokenHash(token)}, ${sealed},
      tenure_now() + ${wish.forMs} * interval '1 millisecond')`);
  await queueMail(tx, {
    mail: { kind: 'welcome', data: { invitedBy: wish.invitedBy } },
    toPersonId: personId,
    organizationId,
    processId,
    welcomeId: id,
    traceparent: wish.traceparent ?? null,
  });
  return id;
}

/**
 * Queues the `nth` reminder (from 1) of a welcome that still stands, with the same link. False, and nothing is sent, when
 * that one went out already or the welcome no longer stands.
 */
export async function remindWelcome(tx: Executor, welcomeId: string, nth: number): Promise<boolean> {
  const rows = await tx.execute<{
    person_id: string;
    organization_id: string;
    process_id: string | null;
  }>(sql`
    update welcome set reminders = ${nth}
    where id = ${welcomeId} and reminders = ${nth - 1} and ${isOpen} and expires_at > tenure_now()
    returning person_id, organization_id, process_id`);
  const [row] = rows;
  if (!row) return false;
  await queueMail(tx, {
    mail: { kind: 'welcome-reminder', data: {} },
    toPersonId: row.person_id,
    organizationId: row.organization_id,
    processId: row.process_id,
    welcomeId,
  });
  return true;
}

/** Takes a person's open welcomes back: their links open nothing any more. Returns how many there were. */
export async function voidWelcomes(tx: Executor, personId: string): Promise<number> {
  const rows = await tx.execute(sql`
    update welcome set voided_at = tenure_now(), sealed_token = null where person_id = ${personId} and ${isOpen} returning 1`);
  return rows.length;
}

/**
 * The same for people who leave. Nobody waits for their confirmations any more, so the processes that did are woken: the lines
 * that do so are returned.
 */
export async function withdrawWelcomes(
  tx: Executor,
  personIds: readonly string[],
  traceparent: string | null,
): Promise<OutboxLine[]> {
  const rows = await tx.execute<{ processId: string }>(sql`
    with void as (update welcome set voided_at = tenure_now(), sealed_token = null
      where person_id = ${anyOf(personIds)} and ${isOpen} returning process_id)
    select distinct s.id as "processId" from void join process s on s.id = void.process_id
    where s.state = ${anyOf(openProcessStates)} order by 1`);
  const lines: OutboxLine[] = [];
  for (const { processId } of rows) {
    const line = await nudgeProcess(tx, processId, 'nudge', traceparent);
    if (line) lines.push(line);
  }
  return lines;
}

/** A welcome that can be confirmed now. Instants are ISO 8601 UTC. */
export interface OpenWelcome {
  id: string;
  personId: string;
  organizationId: string;
  processId: string | null;
  createdAt: string;
  expiresAt: string;
  /** The ledger's clock at this reading. */
  now: string;
}

const columns =
  fixed(sql`id, person_id as "personId", organization_id as "organizationId", process_id as "processId",
  ${iso(sql`created_at`)} as "createdAt", ${iso(sql`expires_at`)} as "expiresAt", ${iso(sql`tenure_now()`)} as now`);

/** The welcome whose token has this hash; null when there is none, or none that can be confirmed. Changes nothing. */
export async function findOpenWelcome(db: Executor, tokenHash: string): Promise<OpenWelcome | null> {
  const rows = await db.execute<OpenWelcome & Record<string, unknown>>(sql`
    select ${columns} from welcome where token_hash = ${tokenHash} and ${isOpen} and expires_at > tenure_now()`);
  return rows[0] ?? null;
}

/** Confirms a welcome, once, and forgets its token; null when it cannot be confirmed (any more). */
export async function confirmOpenWelcome(tx: Executor, tokenHash: string): Promise<OpenWelcome | null> {
  const rows = await tx.execute<OpenWelcome & Record<string, unknown>>(sql`
    update welcome set confirmed_at = tenure_now(), sealed_token = null
    where token_hash = ${tokenHash} and ${isOpen} and expires_at > tenure_now() returning ${columns}`);
  return rows[0] ?? null;
}

/** The names that a welcome's page shows. */
export interface WelcomeNames {
  person: string;
  organization: string;
  vendor: string;
}

/** Reads them with the eyes of the person it is for. */
export async function readWelcomeNames(tx: Executor, welcome: OpenWelcome): Promise<WelcomeNames> {
  const rows = await tx.execute<WelcomeNames & Record<string, unknown>>(sql`
    select p.name as person, o.name as organization, v.name as vendor
    from person p, organization o, organization v
    where p.id = ${welcome.personId} and o.id = ${welcome.organizationId} and v.kind = 'vendor'`);
  const [row] = rows;
  if (!row) throw new TypeError('A welcome without its person or organization.');
  return row;
}
