import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { claimMails, noteMailSent, readMailCase } from '../../db/queries/mail.ts';
import { newId } from '../../domain/ids.ts';
import { readAll } from '../support/events.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import {
  type Operation,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from '../support/matrix.ts';
import {
  fenceBy,
  mailTo,
  operationsScene,
  type OperationsScene,
  processOf,
  taskFor,
  unmappedEvent,
} from '../support/operations-scene.ts';
import { pages } from '../support/page-routes.ts';
import { startWeb, Visitor, type WebApi } from '../support/web.ts';
import { givenUp } from '../support/webhook-routes.ts';

// What needs a hand, and doing it: what is past its end, fences, tasks, events and their sources, processes, reviews and mails.
// Without scripts.

const { omar, sita, ada, sam, priya } = roles;

let web: WebApi;
let identity: Listening;
let scene: OperationsScene;
let operations: Operation[];
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  await takeOnUlla(web.http);
  scene = await operationsScene(web.http);
  operations = await readOperations(web.http);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

const look = (who: string, path: string) => web.look(who, path);
const send = (who: string, path: string, typed: Record<string, string> = {}) =>
  web.send(who, '/account', path, typed);
const rows = async <T extends Record<string, unknown>>(query: ReturnType<typeof sql>) => [
  ...(await web.ledger.owner.db.execute<T>(query)),
];
const audited = async (type: string, id: string) =>
  (await rows(sql`select 1 from audit_event where type = ${type} and subject_id = ${id}`)).length;
const plain = (text: string) =>
  text
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll('\u00a0', ' ')
    .replaceAll('&#39;', '’')
    .replace(/\s+/g, ' ');

describe('What needs a hand', () => {
  it('stands worst first, each with its action, with what is past its end on top', async () => {
    const { status, text } = await look(omar, '/operations');
    expect(status).toBe(200);
    const said = plain(text);
    expect(said).toContain('One access is past its end');
    const order = [
      'Sam still holds Globex',
      'Something of Acme couldn’t be taken away',
      '2 people at Acme would change at once',
      'stripe:',
      'A mail to Priya couldn’t be sent',
      'Test didn’t take 1 event',
    ].map((words) => said.indexOf(words));
    expect(order).not.toContain(-1);
    expect(order).toEqual([...order].sort((one, other) => one - other));
    expect(said).toContain('Tried 9 times. The system doesn’t answer.');
    expect(text.match(/main-action/g)).toHaveLength(1);
    for (const href of [
      `/requests/${scene.request}`,
      `/operations/fences/${scene.fence}`,
      `/operations/tasks/${scene.task}`,
      `/operations/events/${scene.event}`,
      `/operations/mails/${scene.mail}/resending`,
      `/operations/webhooks/${scene.webhook}/resending`,
    ])
      expect(text).toContain(`"${href}"`);
    expect(said).toContain('Engine answers');
    // How much there is stands in the navigation.
    expect(said).toMatch(/Operations\s?7 waiting/);
  });

  it('is less for who does not manage access, and nothing for who has no part in it', async () => {
    const { text } = await look(sita, '/operations');
    expect(plain(text)).toContain('Sam still holds Globex');
    expect(text).not.toContain(scene.event);
    expect(text).not.toContain(scene.mail);
    expect(text).not.toContain(scene.webhook);
    expect((await look(sam, '/operations')).status).toBe(403);
    expect((await look(sam, '/')).text).not.toContain('"/operations"');
  });

  it('has lists of its own', async () => {
    expect(plain((await look(omar, '/operations/overdue')).text)).toContain('1 access is past its end');
    expect((await web.http.call(omar, 'GET', '/v1/events?state=open')).body.items).toHaveLength(2);
    expect((await web.http.call(omar, 'GET', '/v1/processes?state=stuck')).body.items).toEqual([]);
  });
});

describe('A fence', () => {
  it('shows what would change for whom, and is not decided by who set it off', async () => {
    const { text } = await look(omar, `/operations/fences/${scene.fence}`);
    const said = plain(text);
    expect(said).toContain('2 people at Acme would change at once');
    expect(said).toContain('2 people lose use on northwind-app');
    expect(said).toContain('You set this off');
    expect(text).not.toContain('Let it go on</button>');
    const refused = await send(omar, `/operations/fences/${scene.fence}/release`);
    expect(refused.status).toBe(403);
    expect(plain(refused.text)).toContain('Whoever set these changes off');
  });

  it('is dropped with a reason, or let go on, by a second person', async () => {
    const address = `/operations/fences/${scene.fence}`;
    const missing = await send(sita, `${address}/discarding`, { reason: ' ' });
    expect(missing.status).toBe(422);
    expect(missing.text).toContain('id="reason-fault"');
    const released = await send(sita, `${address}/release`, { comment: 'Looked at both' });
    expect([released.status, released.headers.get('location')]).toEqual([303, address]);
    expect(plain((await look(sita, address)).text)).toContain('2 let go on, 0 dropped');
    expect(await rows(sql`select state, comment from fence_item where fence_id = ${scene.fence}`)).toEqual([
      { state: 'released', comment: 'Looked at both' },
      { state: 'released', comment: 'Looked at both' },
    ]);
    const other = await fenceBy(web.http, ada);
    const dropped = await send(sita, `/operations/fences/${other}/discarding`, { reason: 'A mistake' });
    expect([200, 303]).toContain(dropped.status);
    expect(plain((await look(sita, `/operations/fences/${other}`)).text)).toContain('0 let go on, 2 dropped');
    expect((await send(sita, `/operations/fences/${other}/release`)).status).toBe(409);
  });

  it('lets single people go on from the page, by who may decide', async () => {
    const fence = await fenceBy(web.http, ada);
    const address = `/operations/fences/${fence}`;
    const { text } = await look(sita, address);
    const [, item = ''] = /name="item" value="(item_\w+)"/.exec(text) ?? [];
    expect(text.match(/name="item"/g)).toHaveLength(2);
    expect((await look(ada, address)).text).not.toContain('name="item"');
    expect((await send(sita, `${address}/release`, { item: 'item_unknown' })).status).not.toBe(303);
    expect((await send(sita, `${address}/release`, { item })).status).toBe(303);
    expect(
      await rows(
        sql`select id = ${item} as mine, state from fence_item where fence_id = ${fence} order by 1`,
      ),
    ).toEqual([
      { mine: false, state: 'waiting' },
      { mine: true, state: 'released' },
    ]);
    expect((await look(sita, address)).text.match(/name="item"/g)).toHaveLength(1);
    await send(sita, `${address}/release`, {});
  });
});

describe('A task', () => {
  it('is listed for whose it is, and closed with what was done', async () => {
    expect((await look(omar, '/operations/tasks?which=mine')).text).toContain(scene.task);
    expect((await look(ada, '/operations/tasks?which=mine')).text).not.toContain(scene.task);
    const address = `/operations/tasks/${scene.task}`;
    expect(plain((await look(omar, address)).text)).toContain('The system refuses it');
    const empty = await send(omar, address, { comment: '' });
    expect([empty.status, empty.text.includes('id="comment-fault"')]).toEqual([422, true]);
    const mayNot = await send(sita, address, { comment: 'Done' });
    expect(mayNot.status).toBe(403);
    expect((await send(omar, address, { comment: 'Taken away by hand' })).status).toBe(303);
    expect(plain((await look(omar, address)).text)).toContain('Taken away by hand');
    expect(await audited('task.closed', scene.task)).toBe(1);
    expect((await send(omar, address, { comment: 'Again' })).status).toBe(409);
    const whose = await web.http.call(omar, 'GET', `/v1/tasks?state=closed&owner=${omar}`);
    expect(whose.body.items.map((one: { id: string }) => one.id)).toContain(scene.task);
  });
});

describe('An event that cannot be read', () => {
  it('says which word, shows its body as text, and is read again under the corrected mapping', async () => {
    const address = `/operations/events/${scene.event}`;
    const { text } = await look(omar, address);
    expect(plain(text)).toContain('The price price_ent_2027 belongs to no tier');
    expect(text).toContain('data.object.items.data.0.price.id');
    expect(text).not.toContain('<script>alert');
    const key = '/operations/sources/stripe';
    const malformed = await send(omar, key, { mapping: '{"prices": ', event: scene.event });
    expect(malformed.status).toBe(422);
    expect(plain(malformed.text)).toContain('This is no JSON object');
    expect(malformed.text).toContain('{&quot;prices&quot;: ');
    const wrong = await send(omar, key, { mapping: '{"prices": {"price_ent_2027": 7}}' });
    expect(wrong.status).toBe(422);
    expect(plain(wrong.text)).toContain('prices.price_ent_2027');
    const known = await web.http.call(omar, 'GET', '/v1/event-sources/stripe');
    const mapping = {
      ...known.body.mapping,
      prices: { ...known.body.mapping.prices, price_ent_2027: 'enterprise' },
    };
    const saved = await send(omar, key, { mapping: JSON.stringify(mapping), event: scene.event });
    expect([saved.status, saved.headers.get('location')]).toEqual([303, address]);
    expect((await send(omar, `${address}/replay`)).headers.get('location')).toBe(address);
    expect(plain((await look(omar, address)).text)).toContain('is about to be read');
    await readAll(web.ledger);
    expect(plain((await look(omar, address)).text)).toContain('was read');
    expect(await audited('event.replayed', scene.event)).toBe(1);
  });

  it('that contradicts another is never read, and taken off the list with a reason', async () => {
    const address = `/operations/events/${scene.conflict}`;
    const { text } = await look(omar, address);
    expect(text).toContain(scene.event);
    expect(text).not.toContain(`${address}/replay`);
    expect((await send(omar, `${address}/replay`)).status).toBe(409);
    expect((await send(omar, `${address}/discarding`, { reason: '' })).status).toBe(422);
    expect((await send(omar, `${address}/discarding`, { reason: 'A retry gone wrong' })).status).toBe(303);
    expect((await look(omar, '/operations/events')).text).not.toContain(scene.conflict);
  });

  it('leads to its customer’s page, which one that is only heard of has not', async () => {
    const customerOf = async (key: string) => {
      const id = newId('evt');
      await web.ledger.owner.db.execute(sql`
        insert into inbound_event (id, source, event_id, body, content_type, organization_id)
        select ${id}, 'stripe', ${id}, '{}', 'application/json', o.id from organization o where o.key = ${key}`);
      const { status, text } = await look(omar, `/operations/events/${id}`);
      expect(status).toBe(200);
      await web.ledger.owner.db.execute(sql`update inbound_event set state = 'read' where id = ${id}`);
      return text;
    };
    await web.ledger.owner.db.execute(
      sql`insert into organization (id, key, kind, name) values (${newId('org')}, 'hearsay', 'customer', 'Hearsay Ltd')`,
    );
    const heardOf = await customerOf('hearsay');
    expect(heardOf).toContain('Hearsay Ltd');
    expect(heardOf).not.toContain('href="/customers/');
    expect(await customerOf('acme')).toContain('href="/customers/acme"');
  });

  it('comes from a source whose new secret is shown once', async () => {
    const shown = await send(omar, '/operations/sources/stripe/secrets');
    const [secret] = /whsec_[\w+/=]{20,}/.exec(shown.text) ?? [];
    expect([shown.status, secret?.length]).toEqual([200, 50]);
    expect(shown.headers.get('cache-control')).toBe('no-store');
    const { text } = await look(omar, '/operations/sources/stripe');
    expect(text).not.toContain(secret);
    expect(plain(text)).toContain('ends');
    expect((await send(omar, '/operations/sources/stripe/replay')).status).toBe(303);
  });
});

describe('A process', () => {
  it('that failed is tried again with a reason', async () => {
    expect((await look(omar, '/operations/processes?which=failed')).text).toContain(scene.failed);
    const address = `/operations/processes/${scene.failed}`;
    expect(plain((await look(omar, address)).text)).toContain('Role change of Globex: failed, taken back');
    expect((await send(omar, `${address}/retry`, { reason: '' })).text).toContain('id="reason-fault"');
    const again = await send(omar, `${address}/retry`, { reason: 'The target is back' });
    expect(again.status).toBe(303);
    expect(again.headers.get('location')).toMatch(/^\/operations\/processes\/proc_/);
    expect((await send(omar, `${address}/retry`, { reason: 'Once more' })).status).toBe(409);
  });

  it('is seen by whom it is about, and by nobody else without a duty', async () => {
    const id = await processOf(web.http, 'northwind', 'waiting', sam);
    expect((await look(sam, `/operations/processes/${id}`)).status).toBe(200);
    expect((await look(priya, `/operations/processes/${id}`)).status).toBe(404);
  });
});

describe('A webhook that did not take something', () => {
  it('is sent it again, and goes on when it was stopped; a customer’s is its own people’s', async () => {
    expect((await send(omar, `/operations/webhooks/${scene.webhook}/resending`)).status).toBe(303);
    expect(
      await rows(sql`select state, tries from webhook_delivery where endpoint_id = ${scene.webhook}`),
    ).toEqual([{ state: 'pending', tries: 0 }]);
    expect(plain((await look(omar, '/operations/webhooks')).text)).toContain('Test takes everything');
    // What is tried again takes nothing, whatever has not been given up.
    const failing = (since: string | null) =>
      web.http.ledger.system.db.execute(
        sql`update webhook_endpoint set failing_since = ${since}::timestamptz where id = ${scene.webhook}`,
      );
    await failing(new Date().toISOString());
    expect(plain((await look(omar, '/operations/webhooks')).text)).toContain(
      'Test takes nothing, and is tried again',
    );
    await failing(null);
    expect(await audited('webhook.replayed', scene.webhook)).toBe(1);
    const { owner } = web.ledger;
    await owner.db.execute(
      sql`update webhook_endpoint set state = 'disabled', disabled_for = 'gone' where id = ${scene.webhook}`,
    );
    expect(plain((await look(omar, '/operations')).text)).toMatch(
      /Nothing is sent to Test any more.*It answered that it is gone/,
    );
    const resumption = `/operations/webhooks/${scene.webhook}/resumption`;
    expect((await send(omar, resumption)).status).toBe(303);
    expect((await send(omar, resumption)).status).toBe(409);
    const { id } = await givenUp(web.http, roles.anna);
    expect((await look(omar, '/operations')).text).not.toContain(id);
    expect((await look(omar, '/operations/webhooks')).text).toContain(id);
  });
});

describe('The page of a webhook', () => {
  it('says what it is sent and what became of each, and sends one again under its id', async () => {
    const other = await givenUp(web.http, omar);
    const { id, delivery } = await givenUp(web.http, omar);
    await web.ledger.owner.db.execute(
      sql`update webhook_delivery set tries = 8, last_status = 503, last_error = 'refused' where id = ${delivery}`,
    );
    const page = `/operations/webhooks/${id}`;
    const said = plain((await look(omar, page)).text);
    for (const words of [
      'Test didn’t take 1 event',
      'https://hooks.example.com/',
      'All that happen',
      'tenure.webhook.made.v1',
      'Given up after 8 tries. It was refused (503).',
      delivery,
    ])
      expect(said).toContain(words);
    expect((await look(omar, `${page}?state=pending`)).text).not.toContain(delivery);

    // What was sent elsewhere is not there under this one's address.
    expect((await send(omar, `${page}/deliveries/${other.delivery}/resending`)).status).toBe(404);
    const again = `${page}/deliveries/${delivery}/resending`;
    expect((await send(omar, again)).status).toBe(303);
    expect(plain((await look(omar, `${page}?state=pending`)).text)).toContain(delivery);
    expect(plain((await look(omar, `${page}?state=dead`)).text)).toContain('Nothing was given up');
    const refused = await send(omar, again);
    expect([refused.status, plain(refused.text).includes('still being tried')]).toEqual([409, true]);
  });

  it('sends a test, pauses, and says what its receiver has asked for', async () => {
    const { id } = await givenUp(web.http, omar);
    const page = `/operations/webhooks/${id}`;
    expect((await send(omar, `${page}/test`)).status).toBe(303);
    expect(plain((await look(omar, page)).text)).toContain('tenure.webhook.tested.v1');
    expect((await send(omar, `${page}/pause`)).status).toBe(303);
    expect((await send(omar, `${page}/pause`)).status).toBe(409);
    const { text } = await look(omar, page);
    expect(plain(text)).toContain('Paused: what happens meanwhile waits');
    expect(text.match(/main-action/g)).toHaveLength(1);
    expect((await send(omar, `${page}/resumption`)).status).toBe(303);

    const made = await web.http.call(omar, 'POST', '/v1/webhooks', {
      url: 'https://app.example.com/ssf',
      description: 'Our application',
      security_events: { audience: 'https://app.example.com' },
    });
    await web.ledger.owner.db.execute(
      sql`update webhook_endpoint set asked_status = 'paused' where id = ${made.body.id}`,
    );
    const stream = plain((await look(omar, `/operations/webhooks/${made.body.id}`)).text);
    expect(stream).toContain('https://app.example.com, whenever somebody’s access ends (SSF)');
    expect(stream).toContain('has asked for a pause, and only it can end that');
  });

  it('goes on page by page', async () => {
    const { id, delivery } = await givenUp(web.http, omar);
    const more = JSON.stringify(
      Array.from({ length: 55 }, () => ({ id: newId('msg'), event: newId('aud') })),
    );
    const { db } = web.ledger.owner;
    await db.execute(sql`
      insert into audit_event (id, type, actor_kind, actor_id, subject_kind, subject_id, organization_id, holder_organization_id, commitment)
      select n.event, 'webhook.tested', 'system', 'system', 'webhook', w.id, w.organization_id, w.organization_id, 'sha256:test'
      from webhook_endpoint w, jsonb_to_recordset(${more}::jsonb) as n(event text) where w.id = ${id}`);
    await db.execute(sql`
      insert into webhook_delivery (id, endpoint_id, organization_id, event_id, type, state)
      select n.id, w.id, w.organization_id, n.event, 'webhook.tested', 'dead'
      from webhook_endpoint w, jsonb_to_recordset(${more}::jsonb) as n(id text, event text) where w.id = ${id}`);
    const { text } = await look(omar, `/operations/webhooks/${id}?state=dead`);
    expect(text).not.toContain(delivery);
    const next = /href="([^"]*after=[^"]*)"/.exec(text)?.[1]?.replaceAll('&amp;', '&') ?? '';
    expect(next).toContain('state=dead');
    expect((await look(omar, next)).text).toContain(delivery);
  });
});

describe('A mail that could not be sent', () => {
  it('is put back into its queue once', async () => {
    expect(plain((await look(omar, '/operations/mails')).text)).toContain(
      'The mail server refused the address',
    );
    expect((await send(omar, `/operations/mails/${scene.mail}/resending`)).status).toBe(303);
    expect(await rows(sql`select state from mail where id = ${scene.mail}`)).toEqual([{ state: 'queued' }]);
    expect(
      await rows(sql`select 1 from outbox where subject_id = ${scene.mail} and delivered_at is null`),
    ).toHaveLength(1);
    expect(await audited('mail.resent', scene.mail)).toBe(1);
    // Whoever sends finds it like any other.
    const { db } = web.ledger.system;
    const claimed = (await claimMails(db, 10, 60_000)).find(({ mailId }) => mailId === scene.mail);
    if (!claimed) throw new Error('Nobody would send it.');
    expect(await readMailCase(db, scene.mail, 60_000)).toMatchObject({ isQueued: true });
    await noteMailSent(db, claimed);
    const again = await send(omar, `/operations/mails/${scene.mail}/resending`);
    expect(again.status).toBe(409);
    expect(plain(again.text)).toContain('This message is sent');
  });
});

describe('What lapses', () => {
  it('is kept with a reason, by somebody else', async () => {
    const { revision } = (await web.http.call(ada, 'GET', '/v1/catalog')).body;
    const value = { name: 'Support engineer', entitlements: ['northwind-app:view'] };
    const edit = { base_revision: revision, reason: 'They look into it all day', value };
    await web.http.call(ada, 'PUT', '/v1/catalog/roles/support-engineer', edit);
    const [{ id: person } = { id: '' }] = await rows<{ id: string }>(sql`
      update person_role set "from" = "from" - interval '360 days' where person_id in (select id from person where email = ${sam})
      returning person_id as id`);
    const { text } = await look(omar, '/operations/reviews');
    expect(plain(text)).toContain('Sam, support engineer');
    expect(plain((await look(omar, '/operations')).text)).toMatch(
      /Sam(’s support engineer has lapsed| keeps support engineer)/,
    );
    const nothing = await send(omar, '/operations/reviews', { reason: 'Still here' });
    expect([nothing.status, plain(nothing.text).includes('Tick at least one')]).toEqual([422, true]);
    const line = `${person} support-engineer`;
    expect((await send(omar, '/operations/reviews', { line, reason: '' })).status).toBe(422);
    expect((await send(omar, '/operations/reviews', { line, reason: 'Still in support' })).status).toBe(303);
    expect(await rows(sql`select role, reason from review_line where person_id = ${person}`)).toContainEqual({
      role: 'support-engineer',
      reason: 'Still in support',
    });
    expect((await look(sita, '/operations/reviews')).text).not.toContain('type="checkbox"');
  });
});

describe('Every page and form by every role', () => {
  const fenceReaders: Role[] = ['omar', 'ada', 'sita'];
  const managing: Role[] = ['omar', 'ada'];
  const staff = roleNames.filter((role) => roles[role].endsWith('@northwind.example'));
  const admitted: Record<string, readonly Role[]> = {
    'fence-reader': fenceReaders,
    'fence-releaser': ['omar', 'sita'],
    'people-reader': fenceReaders,
    'manage-access': managing,
    'catalog-reader': staff,
  };
  /** Ids of what is there, made anew for the forms; for the pages once. */
  const here = async (operationId: string): Promise<string> => {
    if (/fence/i.test(operationId)) return fenceBy(web.http, 'jonas@northwind.example');
    if (/task/i.test(operationId)) return (await taskFor(web.http)).task;
    if (/process/i.test(operationId)) return processOf(web.http, 'globex', 'failed');
    if (/mail/i.test(operationId)) return mailTo(web.http, priya);
    if (/webhook|delivery/i.test(operationId)) return webhook(operationId === 'resumeWebhookOnPage');
    return unmappedEvent(web.http, newId('evt'), newId('res'));
  };
  const deliveries = new Map<string, string>();
  const webhook = async (isStopped: boolean) => {
    const { id, delivery } = await givenUp(web.http, omar);
    deliveries.set(id, delivery);
    if (isStopped)
      await rows(
        sql`update webhook_endpoint set state = 'disabled', disabled_for = 'failing' where id = ${id}`,
      );
    return id;
  };
  const foreign = (operationId: string): string => {
    const prefix = /fence/i.test(operationId)
      ? 'fence'
      : /task/i.test(operationId)
        ? 'task'
        : /process/i.test(operationId)
          ? 'proc'
          : /mail/i.test(operationId)
            ? 'mail'
            : /webhook|delivery/i.test(operationId)
              ? 'hook'
              : 'evt';
    return newId(prefix);
  };
  const typed = {
    reason: 'A test',
    comment: 'A test',
    mapping: '{}',
    line: 'person_01kb3v5c2hf8jrxw7s9d0m4p6q member',
  };

  it.each(pages.operations.map((id) => [id] as const))('%s', async (operationId) => {
    const operation = operations.find((one) => one.operationId === operationId);
    if (!operation) throw new RangeError(`The document has no ${operationId}.`);
    const passing = admitted[operation.rule ?? ''] ?? [];
    const at = (id: string) =>
      operation.path
        .replace('{id}', id)
        .replace('{key}', id)
        .replace('{delivery}', deliveries.get(id) ?? newId('msg'));
    const isSource = operation.path.includes('{key}');
    const hasId = operation.path.includes('{');
    const page = hasId && operation.method === 'get' ? (isSource ? 'stripe' : await here(operationId)) : '';
    // Anybody's own is all that a person without a duty sees of tasks and processes.
    const own = ['taskPage', 'closeTaskOnPage', 'processPage'].includes(operationId);
    for (const role of roleNames) {
      const form = {
        raw: new URLSearchParams(typed).toString(),
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      };
      const { method } = operation;
      const act = (path: string) =>
        web.http.call(roles[role], method.toUpperCase(), path, undefined, method === 'post' ? form : {});
      if (!passing.includes(role)) {
        // They are turned away before anybody looks what there is.
        const turnedAway = (await act(at(page || foreign(operationId)))).status;
        expect([role, turnedAway]).toEqual([role, 403]);
        continue;
      }
      const id = page || (isSource ? 'stripe' : hasId ? await here(operationId) : '');
      const { status } = await act(at(id));
      if (own && !fenceReaders.includes(role)) expect([role, status]).toEqual([role, 404]);
      else expect([200, 303, 403, 422], role).toContain(status);
      // What Omar's processes lead to is not his to let go on.
      const doer = operation.rule === 'fence-releaser' ? 'sita' : 'omar';
      const isDoing = role === doer && operationId !== 'keepAccessOnPage';
      if (isDoing) expect([200, 303], operationId).toContain(status);
      if (!hasId) continue;
      const unknown = (await act(at(isSource ? 'nowhere' : foreign(operationId)))).status;
      expect([role, unknown]).toEqual([role, 404]);
    }
    const nobody = await new Visitor().send(web.url + at(page || newId('evt')), {
      method: operation.method.toUpperCase(),
    });
    expect([303, 403]).toContain(nobody.status);
    expect(nobody.headers.get('location') ?? '/sign-in').toMatch(/^\/sign-in/);
  });
});
