import { sql } from 'drizzle-orm';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { newId } from '../../domain/ids.ts';
import { appendAudits } from '../audit.ts';
import { type Executor, together } from '../client.ts';
import { orderReturn } from './coming-back.ts';
import { aboutPeople } from './offboarding.ts';
import type { ProcessView } from './process.ts';
import { readSeatsLeft } from './seats.ts';
import { anyOf } from './texts.ts';

/** A user whom a contract names, with what they get. */
export interface NamedUser {
  /** In small letters. */
  email: string;
  name: string;
  contractRole: string;
  givenRoles: readonly string[];
}

/** What became of a page of them. */
export interface PageOfUsers {
  /** People of other organizations who have such an address. */
  elsewhere: string[];
  /** How many found no seat. */
  seatless: number;
}

/** Somebody who has one of the addresses. */
type Known = {
  id: string;
  email: string;
  organizationId: string;
  hasLeft: boolean;
  isUser: boolean;
  /** What ended their last time here was the source's own word, not somebody's decision. */
  isBySource: boolean;
};

/**
 * Makes users of a page of people whom the contract names, as far as there are seats, in the page's order: people of whom
 * nobody has heard are new, those who have left come back clean, those who are users stay what they are. Each is written
 * down for the process. Whom somebody has removed stays removed, though the contract goes on naming them, until the customer
 * as a whole begins again; whom their own source has taken away comes back with its word. A second time it changes nothing.
 * The caller has the lock on the organization, which keeps others from taking seats.
 */
export async function addFirstUsers(
  tx: Executor,
  process: ProcessView,
  users: readonly NamedUser[],
  catalog: Catalog,
): Promise<PageOfUsers> {
  const { organizationId, wish } = process;
  const emails = users.map(({ email }) => email);
  const [known, left] = await together([findKnown(tx, emails), readSeatsLeft(tx, organizationId, catalog)]);
  const byEmail = new Map(known.map((one) => [one.email, one]));
  const elsewhere = known.filter((one) => one.organizationId !== organizationId).map(({ id }) => id);
  const wanted = users.filter(({ email }) => {
    const one = byEmail.get(email);
    if (!one) return true;
    const mayReturn = !one.hasLeft || one.isBySource || wish.again === true;
    return one.organizationId === organizationId && !one.isUser && mayReturn;
  });
  const seated = left === null ? wanted : wanted.slice(0, left);
  const back = seated.flatMap(({ email }) => byEmail.get(email) ?? []).filter(({ hasLeft }) => hasLeft);
  const personIds = back.map(({ id }) => id);
  await orderReturn(tx, { personIds, actor: actors.engine, reason: 'contract', roles: 'none' });
  const rows = seated.map((user) => ({ ...user, id: byEmail.get(user.email)?.id ?? newId('person') }));
  const fresh = rows.filter(({ email }) => !byEmail.has(email));
  await together([
    insertPeople(tx, organizationId, fresh),
    insertMembers(tx, process, rows),
    appendAudits(tx, [
      ...aboutPeople(inside(organizationId, fresh), 'person.added', actors.engine, 'contract'),
      ...aboutPeople(inside(organizationId, rows), 'membership.begun', actors.engine, 'contract'),
    ]),
  ]);
  return { elsewhere, seatless: wanted.length - seated.length };
}

async function findKnown(tx: Executor, emails: readonly string[]): Promise<Known[]> {
  const rows = await tx.execute<Known>(sql`
    select p.id, lower(p.email) as email, p.organization_id as "organizationId", p.offboarded_at is not null as "hasLeft",
      exists (select 1 from membership m where m.person_id = p.id and m.until is null) as "isUser",
      coalesce((select l.cause = 'roster' and l.requested_by is null from process l where l.person_id = p.id
        and l.kind = 'offboarding' and l.state <> 'discarded' order by l.id desc limit 1), false) as "isBySource"
    from person p where lower(p.email) = ${anyOf(emails)} order by p.id for no key update of p`);
  return [...rows];
}

type Row = NamedUser & { id: string };

async function insertPeople(tx: Executor, organizationId: string, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  await tx.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select n.id, ${organizationId}, n.email, n.name, 'customer'
    from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as n (id text, email text, name text)`);
}

async function insertMembers(
  tx: Executor,
  { id: processId, organizationId }: ProcessView,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const lines = JSON.stringify(rows);
  await together([
    tx.execute(sql`
    insert into membership (person_id, organization_id, contract_role, given_roles, origin)
    select n.id, ${organizationId}, n."contractRole", array(select jsonb_array_elements_text(n."givenRoles")), 'contract'
    from jsonb_to_recordset(${lines}::jsonb) as n (id text, "contractRole" text, "givenRoles" jsonb)`),
    tx.execute(sql`
    insert into process_person (process_id, person_id, organization_id)
    select ${processId}, n.id, ${organizationId} from jsonb_to_recordset(${lines}::jsonb) as n (id text)
    on conflict do nothing`),
  ]);
}

function inside(
  organization: string,
  rows: readonly { id: string }[],
): { id: string; organization: string }[] {
  return rows.map(({ id }) => ({ id, organization }));
}
