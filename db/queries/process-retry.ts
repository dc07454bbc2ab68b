import { sql } from 'drizzle-orm';
import type { Actor } from '../../domain/audit-event.ts';
import type { ContractTerms } from '../../domain/contract.ts';
import { appendAudits } from '../audit.ts';
import type { Executor } from '../client.ts';
import { aboutPeople } from './offboarding.ts';
import { anyOf } from './texts.ts';

/** Somebody for whom a process came to nothing. */
export interface Failed {
  id: string;
  organization: string;
  /** With the process their membership was taken back, and they have none since. */
  isTakenBack: boolean;
}

/** Those of a process for whom it came to nothing and who have not left since, locked; in the order of their ids. */
export async function lockFailed(tx: Executor, processId: string): Promise<Failed[]> {
  const rows = await tx.execute<Failed & Record<string, unknown>>(sql`
    select p.id, p.organization_id as organization, w.state = 'undone' and not exists (
      select 1 from membership m where m.person_id = p.id and m.until is null) as "isTakenBack"
    from person p join process_person w on w.person_id = p.id
    where w.process_id = ${processId} and w.state in ('failed', 'undone') and p.offboarded_at is null
    order by p.id for no key update of p`);
  return [...rows];
}

/** They become users again as they were, each with what was given to them. The caller has taken their seats. */
export async function reopenMemberships(
  tx: Executor,
  people: readonly Failed[],
  { actor, reason }: { actor: Actor; reason: string },
): Promise<void> {
  await tx.execute(sql`
    insert into membership (person_id, organization_id, contract_role, given_roles, origin)
    select m.person_id, m.organization_id, m.contract_role, m.given_roles, m.origin from membership m
    where m.person_id = ${anyOf(people.map(({ id }) => id))}
      and m.seq = (select max(l.seq) from membership l where l.person_id = m.person_id)`);
  await appendAudits(tx, aboutPeople(people, 'membership.begun', actor, reason));
}

/** Whom a process is about, written beside it. */
export async function writeFailed(tx: Executor, processId: string, people: readonly Failed[]): Promise<void> {
  await tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${processId}, p.id, p.organization_id from person p where p.id = ${anyOf(people.map(({ id }) => id))}`);
}

/** What a customer's contract says now; null where no system has said anything. */
export async function readTerms(tx: Executor, organizationId: string): Promise<ContractTerms | null> {
  const rows = await tx.execute<{ terms: ContractTerms }>(
    sql`select content->'terms' as terms from contract where organization_id = ${organizationId}`,
  );
  return rows[0]?.terms ?? null;
}

/** Whether the contract of that customer has set off anything since. */
export async function isOvertaken(tx: Executor, organizationId: string, processId: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select 1 from process where organization_id = ${organizationId} and person_id is null and cause = 'contract'
      and id > ${processId} and state not in ('failed', 'discarded') limit 1`);
  return rows.length > 0;
}

/** Says which process goes on where another failed. */
export async function noteRetry(tx: Executor, processId: string, byId: string): Promise<void> {
  await tx.execute(sql`update process set replaced_by = ${byId} where id = ${processId}`);
}
