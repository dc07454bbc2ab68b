import { sql } from 'drizzle-orm';
import { openProcessTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { givenUp } from './webhook-routes.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';
import { changed, eventFixture } from './event-fixtures.ts';
import { deliver, provideExampleSources, readAll } from './events.ts';
import { standing } from './standing.ts';

/** One of everything that needs a hand. */
export interface OperationsScene {
  grant: string;
  request: string;
  fence: string;
  /** Left by a process of Acme’s, Omar's to do. */
  task: string;
  process: string;
  failed: string;
  event: string;
  conflict: string;
  mail: string;
  webhook: string;
}

const omar = 'omar@northwind.example';

/** A process of a customer's, in that state. */
export async function processOf(
  http: ApiHarness,
  customer: string,
  state = 'waiting',
  about: string | null = null,
): Promise<string> {
  const id = newId('proc');
  await http.ledger.owner.db.execute(sql`
    insert into process (id, kind, organization_id, person_id, cause, requested_by)
    select ${id}, 'role-change', o.id, (select a.id from person a where a.email = ${about}), 'configuration', p.id from organization o, person p where o.key = ${customer} and p.email = ${omar}`);
  if (state !== 'waiting')
    for (const next of state === 'failed' ? ['running', 'undoing', 'failed'] : [state])
      await http.ledger.owner.db.execute(sql`update process set state = ${next} where id = ${id}`);
  return id;
}

/** A fence of Acme's with two of its people, set off by that person. */
export async function fenceBy(http: ApiHarness, author: string): Promise<string> {
  const [id, process] = [newId('fence'), await processOf(http, 'acme')];
  const { db } = http.ledger.owner;
  await db.execute(sql`
    insert into fence (id, kind, subject, organization_id, cause, author, "limit")
    select ${id}, 'people', ${id}, o.id, 'configuration', p.id, 1 from organization o, person p
    where o.key = 'acme' and p.email = ${author}`);
  for (const email of ['tom@acme.example', 'anna@acme.example'])
    await db.execute(sql`
      insert into fence_item (id, fence_id, process_id, person_id, organization_id, difference)
      select ${newId('item')}, ${id}, ${process}, p.id, p.organization_id, '{"gain": [], "lose": ["northwind-app:use"]}'
      from person p where p.email = ${email}`);
  return id;
}

export async function taskFor(
  http: ApiHarness,
  customer = 'acme',
): Promise<{ task: string; process: string }> {
  const process = await processOf(http, customer);
  const wish = {
    kind: 'residue',
    processId: process,
    cause: 'target-refused',
    actor: actors.engine,
  } as const;
  const task = await http.ledger.system.db.transaction((tx) => openProcessTask(tx, wish));
  return { task: task ?? '', process };
}

export async function mailTo(http: ApiHarness, email: string): Promise<string> {
  const id = newId('mail');
  await http.ledger.owner.db.execute(sql`
    insert into mail (id, kind, to_person_id, organization_id, data, state, tries, last_error)
    select ${id}, 'welcome-reminder', id, organization_id, '{}', 'failed', 3, 'address-refused' from person where email = ${email}`);
  return id;
}

/** A Stripe event with a price that the mapping does not know, read as far as it can be. */
export async function unmappedEvent(
  http: ApiHarness,
  eventId = 'evt_unmapped',
  price = 'price_ent_2027',
): Promise<string> {
  const body = changed(eventFixture('stripe-subscription-created'), {
    id: eventId,
    'data.object.items.data.0.price.id': price,
    'data.object.metadata': { note: '<script>alert(1)</script>' },
  });
  await deliver(http, 'stripe', body);
  await readAll(http.ledger);
  const [row] = await http.ledger.owner.db.execute<{ id: string }>(
    sql`select id from inbound_event where event_id = ${eventId}`,
  );
  return row?.id ?? '';
}

export async function operationsScene(http: ApiHarness): Promise<OperationsScene> {
  await provideExampleSources(http.ledger);
  const { id: request, grantId: grant } = await standing(http, 'held');
  await http.call('sita@northwind.example', 'POST', `/v1/access-requests/${request}/revocation`, {
    reason: 'Not needed any more',
  });
  await http.ledger.system.db.execute(
    sql`update access_grant set last_error = 'target-unreachable', attempts = 9 where id = ${grant}`,
  );
  const fence = await fenceBy(http, omar);
  const { task, process } = await taskFor(http);
  const failed = await processOf(http, 'globex', 'failed');
  const event = await unmappedEvent(http);
  const conflict = newId('evt');
  await http.ledger.owner.db.execute(sql`
    insert into inbound_event (id, source, event_id, body, content_type, state, conflicts_with)
    values (${conflict}, 'stripe', ${`${conflict}#2`}, '{"id": "evt_unmapped"}', 'application/json', 'conflicting', ${event})`);
  const mail = await mailTo(http, 'priya@northwind.example');
  const { id: webhook } = await givenUp(http, omar);
  return { grant, request, fence, task, process, failed, event, conflict, mail, webhook };
}
