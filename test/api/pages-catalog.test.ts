import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { newId } from '../../domain/ids.ts';
import { type Listening, startIdentity } from '../support/identity.ts';
import {
  type Operation,
  readOperations,
  type Role,
  roleNames,
  roles,
  takeOnUlla,
} from '../support/matrix.ts';
import { pages } from '../support/page-routes.ts';
import { hiddenOf, type Shown, startWeb, Visitor, type WebApi } from '../support/web.ts';

// The catalog edited in forms: what an edit does is seen before it is saved, and every revision can be gone back to. Without scripts.

const { omar, ada, sam } = roles;

let web: WebApi;
let identity: Listening;
let operations: Operation[];
beforeAll(async () => {
  web = await startWeb();
  identity = await startIdentity(web.ledger, web.url);
  await takeOnUlla(web.http);
  operations = await readOperations(web.http);
  await addUsers('acme', 'member', 40);
  await addUsers('globex', 'member', 3);
});
afterAll(async () => {
  await identity.stop();
  await web.stop();
});
afterEach(() => expect(web.http.faults.splice(0)).toEqual([]));

/** Users as a contract would have made them. */
async function addUsers(customer: string, contractRole: string, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, at) => ({
    id: newId('person'),
    email: `user${String(at).padStart(2, '0')}@${customer}.example`,
  }));
  await web.ledger.owner.db.execute(sql`
    with people as (select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p(id text, email text)),
      home as (select id from organization where key = ${customer}),
      added as (insert into person (id, organization_id, email, name, employment)
        select p.id, home.id, p.email, split_part(p.email, '@', 1), 'customer' from people p, home returning id, organization_id)
    insert into membership (person_id, organization_id, contract_role, origin)
    select id, organization_id, ${contractRole}, 'contract' from added`);
}

const look = (who: string, path: string) => web.look(who, path);
const send = async (who: string, path: string, typed: Typed) =>
  (await web.as(who)).post(web.url + path, typed);
const entities = { '&quot;': '"', '&#39;': "'", '&amp;': '&', '&lt;': '<', '&gt;': '>' } as const;
const unescaped = (text: string) =>
  text.replaceAll(/&quot;|&#39;|&amp;|&lt;|&gt;/g, (one) => entities[one as keyof typeof entities]); // One of its keys.
const plain = (text: string) =>
  unescaped(text.replaceAll(/<[^>]+>/g, '').replaceAll('\u00a0', ' ')).replace(/\s+/g, ' ');
type Typed = Record<string, string>;

/** The form as a browser would send it: what is in its fields, ticked or chosen. */
function fieldsOf({ text }: Shown): Typed {
  const form = /<form[^>]* id="catalog">.*?<\/form>/s.exec(text)?.[0] ?? '';
  const typed: Typed = {};
  const attribute = (tag: string, name: string) => {
    const found = new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1];
    return found === undefined ? undefined : unescaped(found);
  };
  for (const [tag] of form.matchAll(/<input[^>]*>/g)) {
    const isOff = /type="(checkbox|radio)"/.test(tag) && !/ checked/.test(tag);
    if (!isOff) typed[attribute(tag, 'name') ?? ''] = attribute(tag, 'value') ?? '';
  }
  for (const [, tag = '', inner = ''] of form.matchAll(/(<select[^>]*>)(.*?)<\/select>/gs)) {
    const options = [...inner.matchAll(/<option[^>]*>/g)].map(([one]) => one);
    const chosen = options.find((one) => / selected/.test(one)) ?? options[0] ?? '';
    typed[attribute(tag, 'name') ?? ''] = attribute(chosen, 'value') ?? '';
  }
  for (const [, tag = '', inner = ''] of form.matchAll(/(<textarea[^>]*>)(.*?)<\/textarea>/gs))
    typed[attribute(tag, 'name') ?? ''] = unescaped(inner);
  return typed;
}

const without = (typed: Typed, ...names: string[]): Typed =>
  Object.fromEntries(Object.entries(typed).filter(([name]) => !names.includes(name)));

/** Sees what it would do, and saves it. */
async function save(who: string, path: string, typed: Typed): Promise<Shown> {
  const seen = await send(who, path, { ...typed, do: 'look' });
  return send(who, path, { ...fieldsOf(seen), do: 'save' });
}

const revision = async (): Promise<number> => (await web.http.call(omar, 'GET', '/v1/catalog')).body.revision;
const tierNamed = async (key: string) => {
  const { body } = await web.http.call(omar, 'GET', '/v1/catalog');
  return body.catalog.tiers.find((one: { key: string }) => one.key === key);
};
const processes = async () =>
  (await web.ledger.owner.db.execute(sql`select 1 from process where cause = 'configuration'`)).length;

describe('The catalog', () => {
  it('is read by all of the vendor’s people, part by part, and edited by who manages access', async () => {
    const { status, text } = await look(sam, '/catalog');
    expect(status).toBe(200);
    const said = plain(text);
    expect(said).toContain('The catalog is at revision 1');
    expect(said).toContain('13 roles, 3 tiers, 6 resources, 3 customer types and 2 overrides');
    for (const words of [
      'Support engineer',
      'Professional',
      'Production PostgreSQL EU',
      'Business customer',
      '40 seats',
    ])
      expect(said).toContain(words);
    expect(said).toContain('notice at once, restricted after 7 days');
    expect(text).not.toContain('/catalog/new/');
    expect((await look(omar, '/catalog')).text).toContain('"/catalog/new/roles"');
    const read = await look(sam, '/catalog/tiers/professional');
    expect([read.status, read.text.includes('<form')]).toEqual([200, true]);
    expect(read.text).not.toContain('id="catalog"');
    expect(plain(read.text)).toContain('Operations and administrators change it.');
    expect(plain((await look(sam, '/catalog/roles?find=support')).text)).toContain('2 roles found');
    for (const path of [
      '/catalog/roles/nobody',
      '/catalog/things',
      '/catalog/things/x',
      '/catalog/revisions/99',
      '/catalog/revisions/x',
    ])
      expect((await look(omar, path)).status, path).toBe(404);
  });

  it('a form says the same as the thing that it is about', async () => {
    const { body } = await web.http.call(omar, 'GET', '/v1/catalog');
    const all = (['roles', 'tiers', 'resources', 'customer_types'] as const).flatMap((part) =>
      body.catalog[part].map(({ key }: { key: string }) => `/catalog/${part}/${key}`),
    );
    for (const path of [
      ...all,
      '/catalog/overrides/globex%2Fseats',
      '/catalog/overrides/initech%2Ffeature%2Faudit-export',
      '/catalog/settings',
    ]) {
      const shown = await look(omar, path);
      const again = await send(omar, path, { ...fieldsOf(shown), do: 'look' });
      expect([path, again.status, plain(again.text).includes('Nothing is changed yet.')]).toEqual([
        path,
        200,
        true,
      ]);
    }
  });
});

describe('An edit', () => {
  const path = '/catalog/tiers/professional';

  it('is seen before it is saved, with who gains and loses what, and becomes a revision', async () => {
    const typed = fieldsOf(await look(omar, path));
    const wish = without(
      typed,
      'allowed_roles.analyst',
      'default_roles.0.roles.analyst',
      'default_roles.1.roles.analyst',
    );
    const edit: Typed = {
      ...wish,
      'default_roles.1.roles.member': 'yes',
      seats: '30',
      reason: 'Reports are an add-on',
    };
    const before = await processes();
    const wrong = await send(omar, path, { ...edit, do: 'look' });
    expect(plain(wrong.text)).toContain(
      'Customer type Business customer: The tier professional does not allow the role analyst.',
    );
    expect(wrong.text).not.toContain('value="save"');
    const type = '/catalog/customer_types/business';
    const first = without(fieldsOf(await look(omar, type)), 'first_roles.analyst');
    const saved = await save(omar, type, { ...first, reason: 'Analysts come later' });
    expect([saved.status, saved.headers.get('location')]).toEqual([303, '/catalog/revisions/2?saved=yes']);

    const seen = await send(omar, path, { ...edit, base: '2', do: 'look' });
    expect(seen.status).toBe(200);
    const said = plain(seen.text);
    expect(said).toContain('3 people lose “Make and export reports” on Northwind Cloud');
    expect(said).toContain('user00 at Globex, user01 at Globex and user02 at Globex.');
    expect(said).toContain('− removed');
    expect(said).toContain('Save and change 3 people');
    expect(await revision()).toBe(2);
    const [mayNot, done] = [
      await send(omar, path, { ...without(fieldsOf(seen), 'seen'), do: 'save' }),
      await send(omar, path, { ...fieldsOf(seen), do: 'save' }),
    ];
    expect(mayNot.status).toBe(409);
    expect([done.status, done.headers.get('location')]).toEqual([303, '/catalog/revisions/3?saved=yes']);
    expect(await tierNamed('professional')).toMatchObject({
      seats: 30,
      default_roles: { member: ['member'] },
    });
    expect(await processes()).toBe(before + 1);
    const story = plain((await look(omar, '/catalog/revisions/3?saved=yes')).text);
    expect(story).toContain('Revision 3 is in force');
    expect(story).toContain('Reports are an add-on');
    expect(story).toMatch(/seats\s?was 25 is 30/);
    const list = plain((await look(sam, '/catalog/revisions')).text);
    expect(list).toContain('Tier professional: changed');
    expect(list).toContain('Customer type business: changed');
    expect((await look(sam, '/catalog/revisions')).text).not.toContain('/return"');
    const { body } = await web.http.call(sam, 'GET', '/v1/catalog/revisions/3');
    expect(body).toMatchObject({
      revision: 3,
      since: 2,
      author: { email: omar },
      changes: [{ key: 'professional' }],
    });
  });

  it('can be gone back to from any later one, which is an edit like any other', async () => {
    const address = '/catalog/revisions/2/return';
    const asked = await look(omar, address);
    expect(plain(asked.text)).toContain('3 people gain “Make and export reports” on Northwind Cloud');
    expect(plain(asked.text)).toContain('Go back to 2 and change 3 people');
    const typed = fieldsOf(asked);
    expect(typed.reason).toBe('Back to revision 2');
    expect((await send(omar, address, { ...typed, reason: ' ', do: 'save' })).status).toBe(422);
    const back = await send(omar, address, { ...typed, do: 'save' });
    expect([back.status, back.headers.get('location')]).toEqual([303, '/catalog/revisions/4?saved=yes']);
    expect(await tierNamed('professional')).toMatchObject({
      seats: 25,
      default_roles: { member: ['analyst'] },
    });
    const json = { base_revision: 4, reason: 'And forth' };
    const forth = await web.http.call(omar, 'POST', '/v1/catalog/revisions/3/return', json);
    expect([forth.status, forth.body.revision]).toEqual([201, 5]);
    const since = await web.http.call(sam, 'GET', '/v1/catalog/revisions/5?since=3');
    expect(since.body.changes).toEqual([]);
    expect(
      (await web.http.call(omar, 'POST', '/v1/catalog/revisions/99/return', { ...json, base_revision: 5 }))
        .status,
    ).toBe(404);
  });

  it('that reaches the fence is sent for confirmation', async () => {
    const enterprise = '/catalog/tiers/enterprise';
    const typed = without(fieldsOf(await look(omar, enterprise)), 'default_roles.1.roles.analyst');
    const seen = await send(omar, enterprise, {
      ...typed,
      'default_roles.1.roles.viewer': 'yes',
      reason: 'Less by default',
      do: 'look',
    });
    const said = plain(seen.text);
    expect(said).toContain('This reaches the fence');
    expect(said).toMatch(/35 people of 40 at Acme would wait/);
    expect(said).toContain('Send for confirmation');
    expect(said).not.toContain('Save and change');
    expect((await send(omar, enterprise, { ...fieldsOf(seen), do: 'save' })).status).toBe(303);
  });

  it('made from an older revision is not saved; what was typed is kept beside what has changed', async () => {
    const typed = fieldsOf(await look(ada, path));
    const seen = await send(ada, path, { ...typed, seats: '77', reason: 'Mine', do: 'look' });
    const meanwhile = fieldsOf(await look(omar, path));
    expect((await save(omar, path, { ...meanwhile, name: 'Pro', reason: 'Shorter' })).status).toBe(303);
    const stale = await send(ada, path, { ...fieldsOf(seen), do: 'save' });
    expect(stale.status).toBe(409);
    const newest = await revision();
    const said = plain(stale.text);
    expect(said).toContain(`Somebody else saved revision ${newest} meanwhile`);
    expect(said).toMatch(/name\s?was Professional is Pro/);
    const kept = fieldsOf(stale);
    expect(kept).toMatchObject({ seats: '77', reason: 'Mine', base: String(newest) });
    expect((await tierNamed('professional')).seats).not.toBe(77);
    expect((await save(ada, path, { ...kept, name: 'Pro' })).status).toBe(303);
    expect(await tierNamed('professional')).toMatchObject({ seats: 77, name: 'Pro' });
  });

  it('that would do something else than was seen is shown again', async () => {
    const analyst = '/catalog/roles/analyst';
    const typed = without(fieldsOf(await look(omar, analyst)), 'entitlements.northwind-app:export');
    const seen = await send(omar, analyst, {
      ...typed,
      'entitlements.northwind-app:automate': 'yes',
      reason: 'Other work',
      do: 'look',
    });
    await web.ledger.owner.db.execute(sql`
      update membership set given_roles = array['analyst'] where person_id in (select id from person where email = 'user00@acme.example')`);
    const other = await send(omar, analyst, { ...fieldsOf(seen), do: 'save' });
    expect(other.status).toBe(409);
    expect(plain(other.text)).toContain('It would do something else now than you saw.');
    expect((await send(omar, analyst, { ...fieldsOf(other), do: 'save' })).status).toBe(303);
  });

  it('needs a reason, and nothing is said of what is the same', async () => {
    const typed = fieldsOf(await look(omar, path));
    const missing = await save(omar, path, { ...typed, seats: '78', reason: '' });
    expect(missing.status).toBe(422);
    expect(missing.text).toContain('id="reason-fault"');
    const same = await send(omar, path, { ...typed, reason: 'Nothing', do: 'save' });
    expect([same.status, plain(same.text).includes('Nothing is changed yet.')]).toEqual([200, true]);
  });
});

describe('What is wrong', () => {
  const wrongs: [string, string, Typed, string, string][] = [
    ['a role', '/catalog/new/roles', { key: 'Not A Key', name: 'X' }, 'key', 'Small letters and digits'],
    ['a role that is there', '/catalog/new/roles', { key: 'viewer', name: 'X' }, 'key', 'a second time'],
    ['a role without a name', '/catalog/new/roles', { key: 'guest', name: '' }, 'name', 'Say something here'],
    ['a circle', '/catalog/roles/viewer', { 'includes.analyst': 'yes' }, 'includes', 'in a circle'],
    [
      'what nobody knows',
      '/catalog/roles/viewer',
      { 'entitlements.acme-env:fly': 'yes' },
      'entitlements',
      'has no entitlement fly',
    ],
    ['seats', '/catalog/tiers/free', { seats: 'many' }, 'seats', 'A whole number from 1 on'],
    [
      'what a tier does not allow',
      '/catalog/tiers/free',
      { 'default_roles.1.roles.analyst': 'yes' },
      'default_roles.1.roles',
      'does not allow the role analyst',
    ],
    [
      'a contract role twice',
      '/catalog/tiers/free',
      { 'default_roles.7.key': 'member' },
      'default_roles.3.key',
      'a second time',
    ],
    [
      'ticks for no contract role',
      '/catalog/tiers/free',
      { 'default_roles.9.roles.viewer': 'yes' },
      'default_roles.3.key',
      'Name it',
    ],
    [
      'a feature',
      '/catalog/tiers/free',
      { 'features.9.key': 'Single sign-on' },
      'features.4.key',
      'Small letters and digits',
    ],
    [
      'an owner',
      '/catalog/resources/acme-env',
      { owner: 'nobody@northwind.example' },
      'owner',
      'Nobody has the address',
    ],
    [
      'an organization',
      '/catalog/resources/acme-env',
      { organization: 'nowhere' },
      'organization',
      'There is no organization',
    ],
    ['a target', '/catalog/resources/acme-env', { target: 'mars' }, 'target', 'There is no target system'],
    [
      'settings that are no JSON',
      '/catalog/resources/acme-env',
      { settings: '{"database": ' },
      'settings',
      'This must be a JSON object',
    ],
    [
      'settings that the connector refuses',
      '/catalog/resources/acme-env',
      { settings: '{}' },
      'settings',
      '',
    ],
    [
      'what is usual',
      '/catalog/resources/acme-env',
      {
        'usual_access.5.entitlement': 'read',
        'usual_access.5.roles': 'on-call',
        'usual_access.5.period': 'an hour',
      },
      'usual_access.2.period',
      'An ISO 8601 period',
    ],
    [
      'an entitlement',
      '/catalog/resources/acme-env',
      { 'entitlements.8.key': 'read', 'entitlements.8.name': 'Again' },
      'entitlements.4.key',
      'a second time',
    ],
    ['a tier', '/catalog/customer_types/business', { tier: 'gold' }, 'tier', 'There is no tier gold'],
    [
      'first roles',
      '/catalog/customer_types/business',
      { 'first_roles.security': 'yes' },
      'first_roles',
      'does not allow',
    ],
    [
      'consent',
      '/catalog/customer_types/business',
      { 'consent.4.about.public': 'yes', 'consent.4.within': 'P90D' },
      'consent.0.within',
      'PT5M to P7D',
    ],
    [
      'consent twice',
      '/catalog/customer_types/business',
      { 'consent.0.about.public': 'yes', 'consent.1.about.public': 'yes' },
      'consent',
      'keep one',
    ],
    [
      'an approver who is the author',
      '/catalog/new/overrides',
      { ...exception(), approver: omar },
      'approver',
      'somebody else must have allowed it',
    ],
    [
      'an approver of a customer',
      '/catalog/new/overrides',
      { ...exception(), approver: roles.anna },
      'approver',
      "none of the vendor's people",
    ],
    ['an end', '/catalog/new/overrides', { ...exception(), until: '' }, 'until', 'An instant with a zone'],
    [
      'a customer',
      '/catalog/new/overrides',
      { ...exception(), customer: 'nowhere' },
      'customer',
      'There is no customer',
    ],
    [
      'an exception that is there',
      '/catalog/new/overrides',
      { ...exception(), customer: 'globex' },
      'customer',
      'a second time',
    ],
    ['no exception', '/catalog/new/overrides', { ...exception(), kind: '' }, 'kind', 'One of seats'],
    ['its reason', '/catalog/new/overrides', { ...exception(), why: '' }, 'why', 'Say something here'],
    ['a period', '/catalog/settings', { churn_grace: 'a week' }, 'churn_grace', 'An ISO 8601 period'],
    [
      'reminders',
      '/catalog/settings',
      { 'welcome.reminders': 'P2D, P9D' },
      'welcome.reminders',
      'the link has expired',
    ],
    [
      'dunning',
      '/catalog/settings',
      { 'dunning.suspended': 'P1D' },
      'dunning.suspended',
      'later than the one before',
    ],
    [
      'a share',
      '/catalog/settings',
      { 'fence.people.share': 'all' },
      'fence.people.share',
      'A share from 0 to 1',
    ],
    [
      'who inherits',
      '/catalog/settings',
      { handover: 'nobody@northwind.example' },
      'handover',
      'Nobody has the address',
    ],
  ];
  function exception(): Typed {
    return {
      customer: 'acme',
      kind: 'seats',
      seats: '9',
      why: 'Agreed',
      approver: 'priya@northwind.example',
      until: '2035-01-31T12:00',
    };
  }

  it('stands at its field, and what was typed is kept', async () => {
    const before = await revision();
    for (const [what, path, typed, field, words] of wrongs) {
      const form = fieldsOf(await look(omar, path));
      const answer = await send(omar, path, { ...form, ...typed, reason: 'A test', seen: 'x', do: 'save' });
      expect([what, answer.status]).toEqual([what, 422]);
      const fault = new RegExp(`id="${field.replaceAll('.', '\\.')}-fault">([^<]*)<`).exec(answer.text)?.[1];
      expect(fault === undefined ? `${what}: ${plain(answer.text)}` : plain(fault), what).toContain(words);
      const kept = fieldsOf(answer);
      for (const [name, value] of Object.entries(typed)) {
        // Lines that say nothing are gone, so that the others have moved up.
        if (/\.\d\./.test(name)) expect(Object.values(kept), name).toContain(value);
        else expect(kept[name] ?? '', `${what} ${name}`).toBe(value);
      }
    }
    expect(await revision()).toBe(before);
  });

  it('nobody gives themselves anything by it', async () => {
    const path = '/catalog/roles/operations';
    const typed = fieldsOf(await look(omar, path));
    const seen = await send(omar, path, {
      ...typed,
      'duties.end-any-access': 'yes',
      reason: 'Mine',
      do: 'look',
    });
    expect(plain(seen.text)).toContain(
      'You would give yourself the duty end-any-access: somebody else has to apply it.',
    );
    expect(seen.text).not.toContain('value="save"');
  });
});

describe('Something', () => {
  it('new is put in, with lines as many as it takes, and taken out again', async () => {
    const path = '/catalog/new/tiers';
    const empty = fieldsOf(await look(omar, path));
    const more = await send(omar, path, { ...empty, key: 'team', name: 'Team', more: 'features:6' });
    expect(fieldsOf(more)).toMatchObject({ key: 'team', 'features.5.key': '' });
    const typed: Typed = {
      ...fieldsOf(more),
      seats: 'Unlimited',
      'allowed_roles.viewer': 'yes',
      'features.5.key': 'sso',
      'features.5.on': 'off',
    };
    expect((await save(omar, path, { ...typed, reason: 'For teams' })).status).toBe(303);
    expect(await tierNamed('team')).toEqual({
      key: 'team',
      name: 'Team',
      seats: 'unlimited',
      allowed_roles: ['viewer'],
      features: { sso: false },
    });
    const removal = '/catalog/tiers/team/removal';
    const asked = await look(omar, removal);
    expect(plain(asked.text)).toContain('Nobody gains or loses anything');
    expect((await send(omar, removal, { ...fieldsOf(asked), reason: 'No teams', do: 'save' })).status).toBe(
      303,
    );
    expect(await tierNamed('team')).toBeUndefined();
    expect((await look(omar, removal)).status).toBe(404);
  });

  it('in use is not taken out, and it says by whom', async () => {
    const removal = '/catalog/tiers/enterprise/removal';
    const asked = await look(omar, removal);
    expect(plain(asked.text)).toContain('The tier enterprise cannot be removed: acme, ');
    expect(asked.text).not.toContain('value="save"');
    const forced = await send(omar, removal, {
      ...fieldsOf(asked),
      reason: 'All the same',
      seen: 'x',
      do: 'save',
    });
    expect(forced.status).toBe(422);
    expect(await tierNamed('enterprise')).toBeDefined();
  });

  it('an exception ends when the viewer’s own clock says so', async () => {
    const path = '/catalog/new/overrides';
    const typed: Typed = {
      ...fieldsOf(await look(omar, path)),
      customer: 'acme',
      kind: 'role',
      role: 'viewer',
      why: 'A pilot',
      approver: 'priya@northwind.example',
      until: '2035-01-31T12:00',
      reason: 'As agreed',
    };
    (await web.as(omar)).cookies.get('localhost')?.set('tenure-zone', 'Europe/Vienna');
    expect((await save(omar, path, typed)).status).toBe(303);
    const { body } = await web.http.call(omar, 'GET', '/v1/catalog');
    const overrides: { customer: string; until: string }[] = body.catalog.overrides;
    expect(overrides.find(({ customer }) => customer === 'acme')?.until).toBe('2035-01-31T11:00:00.000Z');
    const again = await look(omar, '/catalog/overrides/acme%2Frole%2Fviewer');
    expect(fieldsOf(again).until).toBe('2035-01-31T12:00');
    expect(plain((await look(sam, '/catalog/overrides/acme%2Frole%2Fviewer')).text)).toContain('A pilot');
  });
});

describe('Every page and form by every role', () => {
  const staff = roleNames.filter((role) => roles[role].endsWith('@northwind.example'));
  const admitted: Record<string, readonly Role[]> = {
    'manage-access': ['omar', 'ada'],
    'catalog-reader': staff,
  };
  const params: Typed = { '{part}': 'tiers', '{key}': 'free', '{revision}': '1' };
  const unknown: Typed = { '{part}': 'things', '{key}': 'nothing', '{revision}': '999' };
  const addressOf = (path: string, of: Typed) => path.replaceAll(/\{\w+\}/g, (name) => of[name] ?? name);

  it.each(pages.catalog.map((id) => [id] as const))('%s', async (operationId) => {
    const operation = operations.find((one) => one.operationId === operationId);
    if (!operation) throw new RangeError(`The document has no ${operationId}.`);
    const { method, path, rule } = operation;
    const before = await revision();
    const passing = admitted[rule ?? ''] ?? [];
    for (const role of roleNames) {
      const visit = async (of: Typed) => {
        const raw = {
          raw: `base=${before}&do=look`,
          headers: { 'content-type': 'application/x-www-form-urlencoded' },
        };
        const address = addressOf(path, of);
        return (
          await web.http.call(
            roles[role],
            method.toUpperCase(),
            address,
            undefined,
            method === 'post' ? raw : {},
          )
        ).status;
      };
      expect([role, await visit(params)]).toEqual([role, passing.includes(role) ? 200 : 403]);
      if (path.includes('{'))
        expect([role, await visit(unknown)]).toEqual([role, passing.includes(role) ? 404 : 403]);
    }
    const nobody = await new Visitor().send(web.url + addressOf(path, params), {
      method: method.toUpperCase(),
    });
    expect([303, 403]).toContain(nobody.status);
    expect(await revision()).toBe(before);
    const { csrf: _csrf, ...unmarked } = hiddenOf(await look(omar, addressOf(path, params)));
    if (method === 'post') expect((await send(omar, addressOf(path, params), unmarked)).status).toBe(403);
  });
});

describe('An exception from what a customer has agreed on', () => {
  const path = '/customers/acme/consent';

  it('is read and confirmed by a second person on a page of its own', async () => {
    expect((await look(ada, path)).text).not.toContain('as a second person');
    const { body } = await web.http.call(omar, 'GET', '/v1/catalog');
    const value = {
      customer: 'acme',
      what: { kind: 'consent', rules: [] },
      reason: 'Agreed by mail <i>today</i>',
      approver: roles.priya,
      until: '2099-01-01T00:00:00.000Z',
    };
    const edit = { base_revision: body.revision, reason: 'A test', value };
    const put = await web.http.call(omar, 'PUT', '/v1/catalog/overrides/acme%2Fconsent', edit);
    expect(put.status, JSON.stringify(put.body)).toBe(201);

    const customer = (await look(ada, '/customers/acme')).text;
    expect(customer).toContain('Another approval of our access than was agreed on');
    expect(customer).toContain(`href="${path}"`);
    const shown = plain((await look(ada, path)).text);
    expect(shown).toContain('Acme approves what we reach of it');
    expect(shown).toContain('It is asked for nothing');
    expect(shown).toContain('Agreed by mail <i>today</i>');
    expect(shown).toContain('Not yet: until a second person confirms it');
    // Who reads records sees it, and confirms nothing; who does neither finds nothing.
    expect(plain((await look(roles.sita, path)).text)).toContain('Somebody who manages access');
    expect((await look(sam, path)).status).toBe(403);
    expect((await look(ada, '/customers/nobody/consent')).status).toBe(404);

    const typed = { reason: 'I asked Anna on the phone' };
    const said = { ...hiddenOf(await look(ada, path)), ...typed };
    // Who wrote it is told whom to ask, and gets no form.
    const written = await look(omar, path);
    expect(plain(written.text)).toContain('You wrote it, so somebody else who manages access confirms it');
    expect(plain(written.text)).toContain('Ada');
    expect(written.text).not.toContain(`action="${path}"`);
    expect(hiddenOf(written)).not.toHaveProperty('base_revision');
    const ownSaid = { ...said, csrf: hiddenOf(written).csrf ?? '' };
    expect(said).toHaveProperty('base_revision');
    expect((await send(roles.sita, path, said)).status).toBe(403);
    expect((await send(ada, '/customers/nobody/consent', said)).status).toBe(404);
    const missing = await send(ada, path, { ...said, reason: ' ' });
    expect(missing.status).toBe(422);
    expect(missing.text).toContain('aria-invalid="true"');
    const own = await send(omar, path, ownSaid);
    expect(own.status).toBe(403);
    expect(plain(own.text)).toContain('It was not confirmed');
    expect((await send(ada, path, { ...said, base_revision: '0' })).status).toBe(409);
    expect(plain((await look(ada, path)).text)).toContain('Not yet');

    expect(await send(ada, path, said)).toMatchObject({ status: 303 });
    const after = plain((await look(omar, path)).text);
    expect(after).toContain('We reach Acme without asking it');
    expect(after).toContain('Ada');
    expect(after).not.toContain('as a second person');
  });
});
