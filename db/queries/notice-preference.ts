import { sql } from 'drizzle-orm';
import type { NoticeChoice, NoticeTopic } from '../../domain/notice.ts';
import type { Executor } from '../client.ts';

/** What somebody has chosen, by topic; where they have chosen nothing there is nothing. */
export async function readNoticeChoices(
  db: Executor,
  personId: string,
): Promise<Partial<Record<NoticeTopic, NoticeChoice>>> {
  const rows = await db.execute<{ topic: NoticeTopic; choice: NoticeChoice }>(
    sql`select topic, choice from notice_preference where person_id = ${personId}`,
  );
  return Object.fromEntries(rows.map(({ topic, choice }) => [topic, choice]));
}

/** Writes what somebody chooses; returns which topics that changes. */
export async function writeNoticeChoices(
  tx: Executor,
  who: { personId: string; organizationId: string },
  choices: readonly { topic: NoticeTopic; choice: NoticeChoice }[],
): Promise<NoticeTopic[]> {
  const rows = await tx.execute<{ topic: NoticeTopic }>(sql`
    insert into notice_preference as p (person_id, topic, organization_id, choice)
    select ${who.personId}, c.topic, ${who.organizationId}, c.choice
    from jsonb_to_recordset(${JSON.stringify(choices)}::jsonb) as c (topic text, choice text)
    on conflict (person_id, topic) do update set choice = excluded.choice where p.choice <> excluded.choice
    returning topic`);
  return rows.map(({ topic }) => topic);
}
