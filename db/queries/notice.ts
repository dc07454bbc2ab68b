import { type SQL, sql } from 'drizzle-orm';
import { newId } from '../../domain/ids.ts';
import { type NoticeKind, noticeKinds, noticeLimits, topicOf } from '../../domain/notice.ts';
import type { DisabledFor } from '../../domain/webhook.ts';
import type { Executor } from '../client.ts';
import { iso } from './instant.ts';
import { activeNow, heldNow } from './person.ts';

/** Any constant: who makes mails of notices does so alone, so that what is due together comes in one. */
const collectLock = 72_011_228;

// Looked at once for all rows, so that the index on what is due is of use.
const now = sql`(select tenure_now())`;

/** Which topic each kind belongs to, as JSON for SQL. */
const topics = JSON.stringify(Object.fromEntries(noticeKinds.map((kind) => [kind, topicOf(kind)])));

/** What was made of the notices that were due. */
export interface Collected {
  mails: number;
  dropped: number;
  /** Those that are told of later: together with others, or because what they are about moved. */
  later: number;
}

const nothing: Collected = { mails: 0, dropped: 0, later: 0 };

interface WeighedNotice extends Record<string, unknown> {
  seq: number;
  kind: NoticeKind;
  personId: string;
  organizationId: string;
  dropped: string | null;
  /** ISO 8601 UTC. */
  later: string | null;
}

/**
 * Makes messages of the notices that are due: one to each person for each kind, however many there are. What is no longer
 * true, not wanted, or for somebody who is not here any more, is dropped. Two statements write, whatever their number.
 */
export async function collectNotices(
  db: Executor,
  windowMs: number = noticeLimits.windowMs,
): Promise<Collected> {
  const due = await db.execute(sql`select 1 from notice where done_at is null and due_at <= ${now} limit 1`);
  if (due.length === 0) return nothing;
  return db.transaction(async (tx) => {
    const [lock] = await tx.execute<{ taken: boolean }>(
      sql`select pg_try_advisory_xact_lock(${collectLock}) as taken`,
    );
    if (!lock?.taken) return nothing;
    return writeMails(tx, await weighDue(tx, windowMs));
  });
}

/** What is due, with what shall become of each: dropped, told later, or (neither) told now. */
async function weighDue(tx: Executor, windowMs: number): Promise<WeighedNotice[]> {
  const window = sql`${windowMs} * interval '1 millisecond'`;
  const rows = await tx.execute<WeighedNotice>(sql`
    with due as materialized (
      select * from notice where done_at is null and due_at <= ${now}
      order by due_at, seq limit ${noticeLimits.atOnce} for update),
    weighed as (
      select n.seq, n.kind, n.person_id, p.organization_id,
        case when p.id is null or not (${activeNow(sql`p`)}) or o.suspended_at is not null then 'recipient-gone'
          when c.choice = 'off' then 'unwanted' when not (${isStillTrue(sql`n`)}) then 'no-longer-valid' end as dropped,
        greatest(
          case when c.choice = 'hourly' then date_bin('1 hour', n.due_at + interval '1 hour' - interval '1 millisecond', 'epoch') end,
          case when n.kind = 'ends-soon' then g.until - greatest(interval '10 minutes', (g.until - g."from") / 10) end,
          recent.at + ${window}) as later
      from due n left join person p on p.id = n.person_id left join organization o on o.id = p.organization_id
        left join access_request r on r.id = n.request_id left join access_grant g on g.id = n.grant_id
        left join notice_preference c on c.person_id = n.person_id and c.topic = ${topics}::jsonb->>n.kind
        left join lateral (select max(m.created_at) as at from mail m where m.to_person_id = n.person_id and m.kind = n.kind
          and m.created_at > tenure_now() - ${window}) recent on true)
    select seq::float8 as seq, kind, person_id as "personId", organization_id as "organizationId", dropped,
      case when dropped is null and later > ${now} then later::text end as later
    from weighed order by seq`);
  return [...rows];
}

/** The condition that what a notice `n` tells of still is so, with its request `r` and its grant `g` joined. */
function isStillTrue(n: SQL): SQL {
  const waitsForThem = sql`r.state = 'waiting' and r.lapses_at > tenure_now()
    and not exists (select 1 from decision d where d.request_id = r.id and d.person_id = ${n}.person_id)
    and exists (select 1 from stage s join person_role h on h.role_id = s.role_id and h.organization_id = s.organization_id
      where s.request_id = r.id and h.person_id = ${n}.person_id and ${heldNow(sql`h`)}
        and (select count(*) from decision d where d.stage_id = s.id and d.decision = 'approve') < s.needed)`;
  return sql`case ${n}.kind
    when 'request-waits' then ${waitsForThem} when 'request-still-waits' then ${waitsForThem}
    when 'request-decided' then r.state = ${n}.data->>'state'
    when 'access-begun' then g.state = 'held'
    when 'ends-soon' then g.state = 'held' and g.due_at > tenure_now()
    when 'access-overdue' then g.state in ('provisioning', 'held')
    when 'webhook-stopped' then exists (select 1 from webhook_endpoint w where w.id = ${n}.data->>'webhookId' and w.state = 'disabled')
    else true end`;
}

/** Writes a message for each person and kind, with its outbox line, and notes what became of every notice. */
async function writeMails(tx: Executor, weighed: readonly WeighedNotice[]): Promise<Collected> {
  const told = weighed.filter(({ dropped, later }) => dropped === null && later === null);
  const mails = new Map(
    told.map((one) => [`${one.personId} ${one.kind}`, { ...one, id: newId('mail') }] as const),
  );
  const lines = weighed.map(({ seq, dropped, later, personId, kind }) => {
    const isTold = dropped === null && later === null;
    const mailId = isTold ? (mails.get(`${personId} ${kind}`)?.id ?? null) : null;
    return { seq, dropped, later, mailId };
  });
  const written = [...mails.values()].map(({ id, kind, personId, organizationId }) => {
    const message = { signal: null, id, organization: organizationId, run: 1 };
    return { id, kind, personId, organizationId, message };
  });
  await tx.execute(sql`
    with noted as (
      update notice n set done_at = case when l.later is null then tenure_now() end, mail_id = l."mailId", dropped = l.dropped,
        due_at = coalesce(l.later, n.due_at)
      from jsonb_to_recordset(${JSON.stringify(lines)}::jsonb) as l (seq bigint, dropped text, later timestamptz, "mailId" text)
      where n.seq = l.seq),
    letters as materialized (
      select * from jsonb_to_recordset(${JSON.stringify(written)}::jsonb) as w (id text, kind text, "personId" text,
        "organizationId" text, message jsonb)),
    written as (
      insert into mail (id, kind, to_person_id, organization_id) select id, kind, "personId", "organizationId" from letters)
    insert into outbox (kind, subject_id, message, due_at) select 'mail', id, message, tenure_now() from letters`);
  const dropped = weighed.filter((one) => one.dropped !== null).length;
  return { mails: mails.size, dropped, later: weighed.length - dropped - told.length };
}

/** Deletes up to `limit` notices that were told or dropped long ago; returns how many. */
export async function purgeNotices(db: Executor, limit: number): Promise<number> {
  const rows = await db.execute(sql`
    delete from notice where seq in (
      select seq from notice where done_at <= tenure_now() - ${noticeLimits.keptMs} * interval '1 millisecond'
      order by done_at limit ${limit} for update skip locked)
    returning 1`);
  return rows.length;
}

/** One thing that a message tells of, as it stands when it is sent. Names are as they are written; instants are ISO 8601 UTC. */
export interface NoticeItem {
  data: Record<string, unknown>;
  /** Of the request; null in what is about none. */
  reference: string | null;
  requestKind: 'access' | 'extension' | null;
  state: string | null;
  /** ISO 8601. */
  period: string | null;
  justification: string | null;
  ticket: string | null;
  askedAt: string | null;
  startsAt: string | null;
  lapsesAt: string | null;
  /** Who gains or holds it, and whether that is who reads this. */
  person: string | null;
  isTheirs: boolean;
  resource: string | null;
  entitlement: string | null;
  /** Whose data it is, where several share the resource. */
  customer: string | null;
  /** Whom it concerns in any case. */
  organization: string | null;
  /** Where events were sent, in what is about that, and why that stopped. */
  webhook: { id: string; description: string; url: string; disabledFor: DisabledFor | null } | null;
  /** The decision that settled it, or the last one. */
  decision: { by: string; comment: string | null } | null;
  grant: {
    from: string;
    until: string;
    dueAt: string;
    endedAt: string | null;
    endedBy: string | null;
    endedByPerson: string | null;
    reason: string | null;
  } | null;
}

/** What a message tells of. */
export interface NoticeItems {
  /** The ledger's clock. */
  now: string;
  /** How many are still true; some of them are items, the earliest first. */
  count: number;
  items: NoticeItem[];
}

const nameOf = (personId: SQL) => sql`(select name from person where id = ${personId})`;

/** Reads what a message that was made of notices tells of, as things stand now. */
export async function readNoticeItems(db: Executor, mailId: string): Promise<NoticeItems> {
  const rows = await db.execute<NoticeItems & Record<string, unknown>>(sql`
    with told as materialized (
      select n.*, row_number() over (order by n.seq) as turn, count(*) over () as all_of_them
      from notice n left join access_request r on r.id = n.request_id left join access_grant g on g.id = n.grant_id
      where n.mail_id = ${mailId} and ${isStillTrue(sql`n`)})
    select ${iso(sql`tenure_now()`)} as now, coalesce(max(told.all_of_them), 0)::int as count,
      coalesce(json_agg(json_build_object('data', told.data, 'reference', r.reference, 'requestKind', r.kind, 'state', r.state,
        'period', r.period, 'justification', r.justification, 'ticket', r.ticket, 'askedAt', ${iso(sql`r.asked_at`)},
        'startsAt', ${iso(sql`r.starts_at`)}, 'lapsesAt', ${iso(sql`r.lapses_at`)},
        'person', ${nameOf(sql`coalesce(r.person_id, g.person_id)`)}, 'isTheirs', coalesce(r.person_id, g.person_id) = told.person_id,
        'resource', res.name, 'entitlement', e.key, 'customer', case when res.shared then o.name end, 'organization', o.name,
        'webhook', (select json_build_object('id', w.id, 'description', w.description, 'url', w.url, 'disabledFor', w.disabled_for)
          from webhook_endpoint w where w.id = told.data->>'webhookId'),
        'decision', (select json_build_object('by', p.name, 'comment', d.comment) from decision d join person p on p.id = d.person_id
          where d.request_id = r.id order by (d.decision = 'deny') desc, d.id desc limit 1),
        'grant', case when g.id is not null then json_build_object('from', ${iso(sql`g."from"`)}, 'until', ${iso(sql`g.until`)},
          'dueAt', ${iso(sql`g.due_at`)}, 'endedAt', ${iso(sql`g.ended_at`)}, 'endedBy', g.ended_by,
          'endedByPerson', ${nameOf(sql`g.end_ordered_by`)},
          'reason', (select en.reason from ending en where en.grant_id = g.id order by en.id limit 1)) end)
        order by told.turn) filter (where told.turn <= ${noticeLimits.named}), '[]') as items
    from told left join access_request r on r.id = told.request_id
      left join access_grant g on g.id = coalesce(told.grant_id,
        (select id from access_grant where request_id = coalesce(r.extends_request_id, r.id)))
      left join resource res on res.id = coalesce(r.resource_id, g.resource_id)
      left join entitlement e on e.id = coalesce(r.entitlement_id, g.entitlement_id)
      left join organization o on o.id = coalesce(r.organization_id, g.organization_id, told.data->>'organizationId')`);
  const [row] = rows;
  if (!row) throw new TypeError('A statement without its row.');
  return row;
}
