import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { Mail, MailKind } from '../../domain/mail.schema.ts';
import { appendAudit } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { markDelivered } from '../outbox.ts';
import { iso } from './instant.ts';

/** One message to one person. */
export interface NewMail {
  mail: Mail;
  toPersonId: string;
  /** What it is about: the customer, or the vendor in what concerns its own people. */
  organizationId: string;
  processId?: string | null;
  welcomeId?: string | null;
  traceparent?: string | null;
}

/**
 * Writes a message and the outbox line that has it sent, in the caller's transaction; returns its id. It goes out at least
 * once. Whoever may run twice must call it beside a change that happens once.
 */
export async function queueMail(tx: Executor, wish: NewMail): Promise<string> {
  const id = newId('mail');
  const { mail, toPersonId, organizationId, processId = null, welcomeId = null, traceparent = null } = wish;
  const message = { signal: null, id, organization: organizationId, run: 1 };
  await tx.execute(sql`
    with written as (
      insert into mail (id, kind, to_person_id, organization_id, process_id, welcome_id, data)
      values (${id}, ${mail.kind}, ${toPersonId}, ${organizationId}, ${processId}, ${welcomeId}, ${JSON.stringify(mail.data)}::jsonb))
    insert into outbox (kind, subject_id, message, traceparent, due_at)
    values ('mail', ${id}, ${JSON.stringify(message)}::jsonb, ${traceparent}, tenure_now())`);
  return id;
}

/** A message that is due, taken by one sender for a while. */
export interface ClaimedMail {
  /** Of its outbox line. */
  seq: number;
  mailId: string;
  tries: number;
  traceparent: string | null;
}

/**
 * Takes up to `limit` messages that are due, those that wait longest first, for `leaseMs`: a sender that dies meanwhile
 * loses nothing. Concurrent senders skip each other's, and no lock is held while a message goes out.
 */
export async function claimMails(db: Executor, limit: number, leaseMs: number): Promise<ClaimedMail[]> {
  const rows = await db.execute<ClaimedMail & Record<string, unknown>>(sql`
    update outbox set tries = tries + 1, due_at = tenure_now() + ${leaseMs} * interval '1 millisecond'
    where seq in (
      select seq from outbox where kind = 'mail' and delivered_at is null and due_at <= tenure_now()
      order by due_at, seq limit ${limit} for update skip locked)
    returning seq::int, subject_id as "mailId", tries, traceparent`);
  return rows.toSorted((a, b) => a.seq - b.seq);
}

/** A message with all that its template and its envelope need. Instants are ISO 8601 UTC. */
export interface MailCase {
  id: string;
  kind: MailKind;
  data: unknown;
  isQueued: boolean;
  /** So long ago that it is given up when it fails once more. */
  isOld: boolean;
  to: { name: string; email: string; isGone: boolean };
  organization: string;
  vendor: string;
  processId: string | null;
  /** Names of what its data mentions by id. */
  invitedBy: string | null;
  formerOwner: string | null;
  resource: string | null;
  welcome: { id: string; sealedToken: string | null; expiresAt: string; isOpen: boolean } | null;
  /** Whether the reader works for a customer: then links lead into its panel. */
  isCustomers: boolean;
  /** The topics that the reader wants no messages about. */
  unwanted: string[];
}

/** Reads a message as things stand now; null when there is none. */
export async function readMailCase(
  db: Executor,
  mailId: string,
  giveUpAfterMs: number,
): Promise<MailCase | null> {
  const rows = await db.execute<MailCase & Record<string, unknown>>(sql`
    select m.id, m.kind, m.data, m.state = 'queued' as "isQueued", m.process_id as "processId",
      m.created_at <= tenure_now() - ${giveUpAfterMs} * interval '1 millisecond' as "isOld",
      json_build_object('name', p.name, 'email', p.email, 'isGone', p.offboarded_at is not null) as "to",
      o.name as organization, v.name as vendor,
      (select i.name from person i where i.id = m.data->>'invitedBy') as "invitedBy",
      (select f.name from person f where f.id = m.data->>'formerOwnerId') as "formerOwner",
      (select r.name from resource r where r.id = m.data->>'resourceId') as resource,
      case when w.id is not null then json_build_object('id', w.id, 'sealedToken', w.sealed_token,
        'expiresAt', ${iso(sql`w.expires_at`)},
        'isOpen', w.confirmed_at is null and w.voided_at is null and w.expires_at > tenure_now()) end as welcome,
      p.organization_id <> v.id as "isCustomers",
      array(select c.topic from notice_preference c where c.person_id = p.id and c.choice = 'off') as unwanted
    from mail m join person p on p.id = m.to_person_id join organization o on o.id = m.organization_id
      join organization v on v.kind = 'vendor' left join welcome w on w.id = m.welcome_id
    where m.id = ${mailId}`);
  return rows[0] ?? null;
}

/** Notes, once, that a message went out, with its audit event. */
export async function noteMailSent(db: Executor, claimed: ClaimedMail): Promise<void> {
  await settle(db, claimed, { state: 'sent', code: null });
}

/**
 * Notes, once, that a message will not go out, with its audit event. `failed`: it should have, and could not; `dropped`: there is
 * no reason to send it any more. `code`: closed.
 */
export async function noteMailUnsent(
  db: Executor,
  claimed: ClaimedMail,
  state: 'failed' | 'dropped',
  code: string,
): Promise<void> {
  await settle(db, claimed, { state, code });
}

async function settle(
  db: Executor,
  { seq, mailId, tries }: ClaimedMail,
  { state, code }: { state: 'sent' | 'failed' | 'dropped'; code: string | null },
): Promise<void> {
  await db.transaction(async (tx) => {
    const [rows] = await together([
      tx.execute<{ kind: string; organization_id: string }>(sql`
      update mail set state = ${state}, tries = ${tries}, last_error = ${code},
        sent_at = case when ${state} = 'sent' then tenure_now() end
      where id = ${mailId} and state = 'queued' returning kind, organization_id`),
      markDelivered(tx, seq),
    ]);
    const [settled] = rows;
    if (settled) {
      const { kind, organization_id: organizationId } = settled;
      await appendAudit(tx, {
        type: `mail.${state}`,
        actor: actors.system,
        subject: { kind: 'mail', id: mailId },
        organizationId,
        holderOrganizationId: organizationId,
        reason: code === null ? kind : `${kind}: ${code}`,
      });
    }
  });
}

/** Notes that a message did not go out this time, and when it is tried again. `code`: closed. */
export async function noteMailDelayed(
  db: Executor,
  { seq, mailId, tries }: ClaimedMail,
  code: string,
  pauseMs: number,
): Promise<void> {
  await db.execute(sql`
    with noted as (update mail set tries = ${tries}, last_error = ${code} where id = ${mailId} and state = 'queued')
    update outbox set due_at = tenure_now() + ${pauseMs} * interval '1 millisecond'
    where seq = ${seq} and delivered_at is null`);
}
