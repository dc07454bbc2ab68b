import { sql } from 'drizzle-orm';
import { commit } from '../../crypto/commitment.ts';
import type { Executor } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import type { Customer, Roster } from '../support/roster.ts';
import { inParallel } from './harness.ts';

/** The rows of an upgrade from `free` to `pro`, as they will be written: nothing of them is worked out any more. */
export interface PlainRows {
  processId: string;
  pages: PlainPage[];
}

interface PlainPage {
  people: string[];
  roles: { person: string }[];
  grants: PlainGrant[];
  intended: PlainEvent[];
  /** So many people at a time, as they are confirmed. */
  batches: { people: string[]; grants: string[]; events: PlainEvent[] }[];
  /** So many accounts at a time, as they are numbered. */
  groups: { resource: string; account: string }[][];
}

interface PlainGrant {
  id: string;
  person: string;
  resource: string;
  entitlement: string;
}

interface PlainEvent {
  id: string;
  type: string;
  subject: string;
  grant: string | null;
  salt: string;
  commitment: string;
}

const pageSize = 200;
const batchSize = 25;
/** As many as the product takes for a page of two accounts each. */
const groupSize = 13;

/** Prepares them; none of it is measured. */
export async function plainRows(roster: Roster, customer: Customer, processId: string): Promise<PlainRows> {
  const { db } = roster.ledger;
  const facts = await db.execute<{ resource: string; entitlement: string }>(sql`
    select r.id as resource, e.id as entitlement from resource r join entitlement e on e.resource_id = r.id
    where (r.key, e.key) in (('app', 'edit'), ('vault', 'read'))`);
  const pages = slices(customer.people, pageSize).map((people): PlainPage => {
    const grants = people.flatMap((person) => facts.map((fact) => ({ ...fact, id: newId('grant'), person })));
    const roles = people.map((person) => ({ person }));
    return {
      people,
      roles,
      grants,
      intended: [
        ...roles.flatMap(({ person }) => [
          event('role.taken', person, null),
          event('role.given', person, null),
        ]),
        ...grants.map(({ id }) => event('grant.intended', id, id)),
      ],
      batches: slices(people, batchSize).map((some) => {
        const theirs = grants.filter((grant) => some.includes(grant.person)).map(({ id }) => id);
        return { people: some, grants: theirs, events: theirs.map((id) => event('grant.begun', id, id)) };
      }),
      groups: facts.flatMap(({ resource }) =>
        slices(
          people.map((account) => ({ resource, account })),
          groupSize,
        ),
      ),
    };
  });
  return { processId, pages };
}

function event(type: string, subject: string, grant: string | null): PlainEvent {
  return { id: newId('aud'), type, subject, grant, ...commit({ actor_name: null, reason: null }) };
}

function slices<T>(list: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(list.length / size) }, (_, at) =>
    list.slice(at * size, (at + 1) * size),
  );
}

/** The same reads and writes in the same transactions, by plain statements of many rows each. */
export async function runPlainly(roster: Roster, customer: Customer, rows: PlainRows): Promise<void> {
  const { db } = roster.ledger;
  for (const page of rows.pages) {
    await db.transaction((tx) => intend(tx, customer, rows.processId, page));
    await inParallel(16, page.groups.length, (at) =>
      db.transaction((tx) => number(tx, page.groups[at] ?? [])),
    );
    for (const batch of page.batches)
      await db.transaction((tx) => confirm(tx, customer, rows.processId, batch));
  }
}

async function intend(tx: Executor, customer: Customer, processId: string, page: PlainPage): Promise<void> {
  const people = ids(page.people);
  await tx.execute(sql`select id from person where id = any(${people}) order by id for no key update`);
  await tx.execute(sql`
    select s.state, o.*, c.* from process s join organization o on o.id = s.organization_id
      left join contract c on c.organization_id = o.id where s.id = ${processId}`);
  await tx.execute(sql`
    select p.*, w.state, m.*, (select json_agg(h.*) from person_role h where h.person_id = p.id and h.until is null) as roles
    from process_person w join person p on p.id = w.person_id join membership m on m.person_id = p.id and m.until is null
    where w.process_id = ${processId} and w.person_id = any(${people})`);
  await tx.execute(sql`
    select g.*, r.key, e.key from access_grant g join resource r on r.id = g.resource_id join entitlement e on e.id = g.entitlement_id
    where g.person_id = any(${people}) and g.request_id is null and g.ended_at is null`);
  await tx.execute(sql`select number, created_at from catalog_revision order by number desc limit 1`);
  await tx.execute(
    sql`select r.*, e.* from resource r join entitlement e on e.resource_id = r.id where r.key in ('app', 'vault')`,
  );
  await tx.execute(sql`
    update person_role set until = tenure_now() where person_id = any(${people}) and until is null`);
  await tx.execute(sql`
    insert into person_role (person_id, role_id, organization_id)
    select w.person, r.id, ${customer.id} from ${lines(page.roles)} as w (person text), role r where r.key = 'member'`);
  await tx.execute(sql`
    insert into access_grant (id, process_id, catalog_revision, origin, state, person_id, organization_id, holder_organization_id,
      resource_id, entitlement_id, "from", until, policy_version, policies, account)
    select w.id, ${processId}, 1, 'contract', 'provisioning', w.person, ${customer.id}, ${customer.id}, w.resource, w.entitlement,
      tenure_now(), tenure_now() + interval '1 year', 'plain', '[]', w.person
    from ${lines(page.grants)} as w (id text, person text, resource text, entitlement text)`);
  await tell(tx, customer, page.intended);
  await note(tx, processId, page.people, 'applying');
}

async function number(tx: Executor, group: PlainPage['groups'][number]): Promise<void> {
  const accounts = sql`${lines(group)} as w (resource text, account text)`;
  await tx.execute(sql`
    insert into target_account as a (resource_id, account, number) select w.resource, w.account, 1 from ${accounts} order by 1, 2
    on conflict (resource_id, account) do update set number = a.number + 1`);
  await tx.execute(sql`
    select g.*, r.*, t.*, e.key, o.key, p.email, p.name from ${accounts} join access_grant g on g.resource_id = w.resource
      and g.account = w.account and g.ended_at is null join resource r on r.id = g.resource_id join target t on t.key = r.target_key
      join entitlement e on e.id = g.entitlement_id join organization o on o.id = g.organization_id join person p on p.id = g.person_id`);
}

async function confirm(
  tx: Executor,
  customer: Customer,
  processId: string,
  { people, grants, events }: PlainPage['batches'][number],
): Promise<void> {
  await tx.execute(sql`select id from person where id = any(${ids(people)}) order by id for no key update`);
  await tx.execute(sql`update access_grant set state = 'held' where id = any(${ids(grants)})`);
  await tell(tx, customer, events);
  await note(tx, processId, people, 'done');
}

async function tell(tx: Executor, customer: Customer, events: readonly PlainEvent[]): Promise<void> {
  await tx.execute(sql`
    with w as (select * from ${lines(events)} as w (id text, type text, subject text, "grant" text, salt text, commitment text)),
    line as (
      insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id,
        grant_id, policy_version, commitment)
      select id, type, 'engine', 'engine', 'grant', subject, ${customer.id}, ${customer.id}, "grant", 'plain', commitment from w)
    insert into audit_text (event_id, organization_id, holder_organization_id, salt)
    select id, ${customer.id}, ${customer.id}, salt from w`);
}

async function note(
  tx: Executor,
  processId: string,
  people: readonly string[],
  state: string,
): Promise<void> {
  await tx.execute(sql`
    update process_person set state = ${state}, changed_at = tenure_now()
    where process_id = ${processId} and person_id = any(${ids(people)})`);
}

function ids(list: readonly string[]) {
  return sql`${`{${list.join()}}`}::text[]`;
}

function lines(rows: readonly object[]) {
  return sql`jsonb_to_recordset(${JSON.stringify(rows)}::jsonb)`;
}
