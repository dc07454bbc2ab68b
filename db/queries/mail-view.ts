import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { allOf, iso, type Page, type PageWish, pageOf } from './instant.ts';
import { type KeyedView, organizationJson } from './organization.ts';
import { type PersonView, personJson } from './person.ts';
import { fixed } from './fixed.ts';

export const mailStates = ['queued', 'sent', 'failed', 'dropped'] as const;
export type MailState = (typeof mailStates)[number];

/** A message as the outside sees it: to whom and about what, never what it says. Instants are ISO 8601 UTC. */
export interface MailView {
  id: string;
  kind: string;
  state: MailState;
  to: PersonView;
  organization: KeyedView;
  processId: string | null;
  tries: number;
  /** Closed code of why it did not go out. */
  lastError: string | null;
  createdAt: string;
  sentAt: string | null;
}

const columns =
  fixed(sql`m.id, m.kind, m.state, ${personJson(sql`m.to_person_id`)} as "to", ${organizationJson(sql`m.organization_id`)} as organization,
  m.process_id as "processId", m.tries, m.last_error as "lastError", ${iso(sql`m.created_at`)} as "createdAt", ${iso(sql`m.sent_at`)} as "sentAt"`);

/** Messages that the scope may see, newest first. `since`: the least id that counts. */
export async function listMails(
  tx: Executor,
  { state, since }: { state?: MailState | undefined; since?: string },
  page: PageWish,
): Promise<Page<MailView>> {
  const conditions = [
    state ? sql`m.state = ${state}` : null,
    since ? sql`m.id >= ${since}` : null,
    page.after ? sql`m.id < ${page.after}` : null,
  ];
  const rows = await tx.execute<MailView & Record<string, unknown>>(sql`
    select ${columns} from mail m where ${allOf(conditions)} order by m.id desc limit ${page.limit + 1}`);
  return pageOf(rows, page.limit, (one) => one.id);
}

/** One message; null when there is none that the scope may see. */
export async function readMail(tx: Executor, id: string): Promise<MailView | null> {
  const rows = await tx.execute<MailView & Record<string, unknown>>(
    sql`select ${columns} from mail m where m.id = ${id}`,
  );
  return rows[0] ?? null;
}

/** Puts a message that failed back into its queue, with the outbox line that has it sent; false when it did not fail. */
export async function requeueMail(tx: Executor, id: string, traceparent: string | null): Promise<boolean> {
  const rows = await tx.execute<{ organization: string }>(sql`
    update mail set state = 'queued' where id = ${id} and state = 'failed' returning organization_id as organization`);
  const [queued] = rows;
  if (!queued) return false;
  const message = { signal: null, id, organization: queued.organization, run: 1 };
  await tx.execute(sql`
    insert into outbox (kind, subject_id, message, traceparent, due_at)
    values ('mail', ${id}, ${JSON.stringify(message)}::jsonb, ${traceparent}, tenure_now())`);
  return true;
}
