import { sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { appliedShape, catalogShape, planShape, revisionListShape } from '../../api/schemas/catalog.ts';
import type { CatalogDocument, DocumentEntry } from '../../domain/catalog-document.ts';
import { newId } from '../../domain/ids.ts';
import { type ApiHarness, startApi } from '../support/api.ts';
import { expectProblem } from '../support/standing.ts';

const omar = 'omar@northwind.example';
const ada = 'ada@northwind.example';
const sam = 'sam@northwind.example';
const anna = 'anna@acme.example';
const revisions = '/v1/catalog/revisions';

let http: ApiHarness;
beforeAll(async () => {
  http = await startApi();
  await addUsers('acme', 'member', 40);
  await addUsers('acme', 'viewer', 5);
  await addUsers('globex', 'member', 7);
});
afterAll(() => http.stop());
afterEach(() => expect(http.faults.splice(0)).toEqual([]));

/** Users as a contract would have made them. */
async function addUsers(customer: string, contractRole: string, count: number): Promise<void> {
  const people = Array.from({ length: count }, (_, at) => ({
    id: newId('person'),
    email: `${contractRole}${at}@${customer}.example`,
  }));
  await http.ledger.owner.db.execute(sql`
    with people as (select * from jsonb_to_recordset(${JSON.stringify(people)}::jsonb) as p(id text, email text)),
      home as (select id from organization where key = ${customer}),
      added as (insert into person (id, organization_id, email, name, employment)
        select p.id, home.id, p.email, p.email, 'customer' from people p, home returning id, organization_id)
    insert into membership (person_id, organization_id, contract_role, origin)
    select id, organization_id, ${contractRole}, 'contract' from added`);
}

let revision = 0;
let document: CatalogDocument;
beforeEach(async () => {
  const { body } = await http.call(omar, 'GET', '/v1/catalog');
  revision = body.revision;
  document = body.catalog;
});

function entryOf(part: 'roles' | 'tiers' | 'resources', key: string): DocumentEntry {
  const found = document[part].find((one) => one.key === key);
  if (!found) throw new RangeError(`No ${key}.`);
  return found;
}

const plan = (catalog: unknown, who = omar) => http.call(who, 'POST', '/v1/catalog/plan', { catalog });
const apply = (catalog: unknown, more: object = {}, who = omar) =>
  http.call(who, 'POST', revisions, { base_revision: revision, reason: 'A test', catalog, ...more });

async function rowsOf<T extends Record<string, unknown>>(query: ReturnType<typeof sql>) {
  return [...(await http.ledger.owner.db.execute<T>(query))];
}

describe('The catalog', () => {
  it('is read whole, as a revision, and at an instant, and its history is told newest first', async () => {
    const answer = await http.call(sam, 'GET', '/v1/catalog');
    const { revision: newest, reason } = catalogShape.strict().parse(answer.body);
    expect({ newest, reason }).toEqual({ newest: revision, reason: 'The example company' });
    expect(answer.body.author).toEqual({ id: 'system', email: null, name: null });
    for (const seats of [26, 27]) {
      entryOf('tiers', 'professional').seats = seats;
      const applied = await apply(document, { reason: `${seats} seats` });
      expect(applied.status).toBe(201);
      revision = appliedShape.strict().parse(applied.body).revision;
    }
    const list = await http.call(sam, 'GET', `${revisions}?limit=2`);
    const page = revisionListShape.parse(list.body);
    expect(page.items.map((one) => [one.reason, one.author.email])).toEqual([
      ['27 seats', omar],
      ['26 seats', omar],
    ]);
    const next = await http.call(sam, 'GET', `${revisions}?cursor=${page.next_cursor}`);
    expect(next.body).toMatchObject({ items: [{ revision: 1 }], next_cursor: null });
    const seatsOf = ({ body }: { body: { catalog: CatalogDocument } }) =>
      body.catalog.tiers.find((one) => one.key === 'professional')?.seats;
    expect(seatsOf(await http.call(sam, 'GET', `/v1/catalog?revision=${revision - 1}`))).toBe(26);
    const at = page.items[1]?.created_at;
    expect(seatsOf(await http.call(sam, 'GET', `/v1/catalog?at=${at}`))).toBe(26);
    const before = await http.call(sam, 'GET', '/v1/catalog?at=2001-01-01T00:00:00Z');
    expect(before.body).toMatchObject({ revision: 0, author: null, reason: null, catalog: { roles: [] } });
    expectProblem(await http.call(sam, 'GET', '/v1/catalog?revision=999'), 404, 'not-found');
    expectProblem(await http.call(sam, 'GET', '/v1/catalog?revision=9999999999'), 404, 'not-found');
    expectProblem(await http.call(sam, 'GET', `/v1/catalog?revision=1&at=${at}`), 422, 'invalid-input');
    expectProblem(await http.call(sam, 'GET', `${revisions}?cursor=abc`), 400, 'malformed-parameter');
  });

  it('is the vendor’s: its people read it, who manages access edits it, and no customer does either', async () => {
    for (const path of ['/v1/catalog', revisions])
      expectProblem(await http.call(anna, 'GET', path), 403, 'forbidden');
    for (const who of [sam, anna, 'sita@northwind.example']) {
      expectProblem(await plan(document, who), 403, 'forbidden');
      expectProblem(await apply(document, {}, who), 403, 'forbidden');
      const body = { base_revision: revision, reason: 'x', value: { name: 'X' } };
      expectProblem(await http.call(who, 'PUT', '/v1/catalog/roles/x', body), 403, 'forbidden');
      expectProblem(await http.call(who, 'DELETE', '/v1/catalog/roles/x', body), 403, 'forbidden');
    }
    expect((await plan(document, ada)).status).toBe(200);
  });
});

describe('A plan', () => {
  it('says what changes, who gains and loses, which role changes follow, and writes nothing', async () => {
    entryOf('roles', 'analyst').entitlements = ['northwind-app:automate'];
    const counts = async () => [
      await http.count('catalog_revision'),
      await http.count('audit_event'),
      await http.count('process'),
    ];
    const before = await counts();
    const { status, body } = await plan(document);
    expect(status).toBe(200);
    planShape.strict().parse(body);
    expect(body).toMatchObject({ base_revision: revision, problems: [] });
    expect(body.changes).toEqual([
      {
        kind: 'changed',
        noun: 'role',
        key: 'analyst',
        sentence: 'role analyst changed: entitlements + northwind-app:automate, - northwind-app:export',
        fields: [
          {
            field: 'entitlements',
            before: '["northwind-app:export"]',
            after: '["northwind-app:automate"]',
          },
        ],
      },
    ]);
    // Acme's and Globex's members are analysts by their tiers; Globex's 7 make 47.
    expect(body.effects.map((one: { sentence: string }) => one.sentence)).toEqual([
      '47 people lose export on northwind-app',
      '47 people gain automate on northwind-app',
    ]);
    expect(
      body.role_changes.map((one: { organization: { key: string }; people: number }) => [
        one.organization.key,
        one.people,
      ]),
    ).toEqual([
      ['acme', 40],
      ['globex', 7],
    ]);
    expect(await counts()).toEqual(before);
  });

  it('counts what policy lets people hold: a resource that moves or is restricted takes from those elsewhere', async () => {
    entryOf('resources', 'northwind-app').classification = 'restricted';
    const sentences = (body: { effects: { sentence: string }[] }) => body.effects.map((one) => one.sentence);
    const restricted = (await plan(document)).body;
    const initech = await rowsOf<{ people: number }>(
      sql`select count(*)::int as people from membership m join organization o on o.id = m.organization_id
        where o.region = 'us' and m.until is null`,
    );
    expect(sentences(restricted)).toContain(`${initech[0]?.people} people lose sign-in on northwind-app`);
    expect(restricted.effects.every((one: { kind: string }) => one.kind === 'lose')).toBe(true);
    // More of Globex's people than its fence lets go at once: the rest would wait for a second person.
    const ofCustomer = (
      body: { role_changes: { organization: { key: string }; people: number }[] },
      key: string,
    ) => body.role_changes.find((one) => one.organization.key === key);
    const globex = ofCustomer(restricted, 'globex');
    expect(globex).toMatchObject({ people: expect.any(Number), waiting: (globex?.people ?? 0) - 5 });
    expect(ofCustomer(restricted, 'acme')).toMatchObject({ waiting: 0 });
    const applied = await apply(document);
    expect(applied.status).toBe(201);
    expect(sentences(applied.body)).toEqual(sentences(restricted));
    revision += 1;
    // A role that gives what policy forbids gives nothing: nobody in the United States gains it.
    entryOf('roles', 'viewer').entitlements = ['northwind-app:view', 'northwind-app:automate'];
    const more = (await plan(document)).body;
    const [acme] = await rowsOf<{ people: number }>(
      sql`select count(*)::int as people from membership m join organization o on o.id = m.organization_id
        where o.key = 'acme' and m.until is null`,
    );
    expect(more.effects).toMatchObject([
      { kind: 'gain', entitlement: 'automate', people: acme?.people, organizations: 1 },
    ]);
    entryOf('roles', 'viewer').entitlements = ['northwind-app:view'];
    entryOf('resources', 'northwind-app').region = 'us';
    const moved = (await plan(document)).body;
    expect(sentences(moved)).toContain(`${acme?.people} people lose sign-in on northwind-app`);
    expect(sentences(moved)).toContain(`${initech[0]?.people} people gain sign-in on northwind-app`);
    Object.assign(entryOf('resources', 'northwind-app'), { region: 'eu', classification: 'confidential' });
    expect((await apply(document)).status).toBe(201);
  });

  it('tells every problem at its place, and still what would change', async () => {
    entryOf('tiers', 'free').allowed_roles = ['viewer', 'nobody'];
    const { body } = await plan(document);
    expect(body.changes).toHaveLength(1);
    const at = document.tiers.findIndex((one) => one.key === 'free');
    expect(body.problems.map((one: { pointer: string }) => one.pointer)).toEqual([
      `/catalog/tiers/${at}/allowed_roles/1`,
      `/catalog/tiers/${at}/default_roles/administrator/0`,
      `/catalog/tiers/${at}/default_roles/member/0`,
      `/catalog/customer_types/${document.customer_types.findIndex((one) => one.tier === 'free')}/first_roles/0`,
    ]);
    const wrongForm = await plan({ ...document, roles: [{ key: 'x' }], more: 1 });
    expect(wrongForm.body).toMatchObject({
      changes: [],
      problems: [
        { pointer: '/catalog/roles/0/name', detail: 'This is missing.' },
        { pointer: '/catalog/more', detail: 'There is no such field.' },
      ],
    });
    const stale = await http.call(omar, 'POST', '/v1/catalog/plan', { base_revision: 1, catalog: document });
    expectProblem(stale, 409, 'stale-revision');
    expect(stale.body.newest).toBe(revision);
  });
});

describe('Applying', () => {
  it('writes the revision, its record and one role change for each customer, with exactly the people it touches', async () => {
    entryOf('roles', 'viewer').entitlements = [];
    const { status, body } = await apply(document, { reason: 'Viewers see nothing for now' });
    expect(status).toBe(201);
    appliedShape.strict().parse(body);
    expect(body.revision).toBe(revision + 1);
    const names = body.processes.map((one: { organization: { key: string } }) => one.organization.key);
    expect(names).toEqual(['acme', 'globex', 'initech']);
    for (const { id, organization, people } of body.processes) {
      expect(
        await rowsOf(
          sql`select kind, cause, state, wish, reason, (select email from person where id = requested_by) as by from process where id = ${id}`,
        ),
      ).toEqual([
        {
          kind: 'role-change',
          cause: 'configuration',
          state: 'waiting',
          wish: { what: 'catalog', revision: body.revision, people: 'affected' },
          reason: 'Viewers see nothing for now',
          by: omar,
        },
      ]);
      const written = await rowsOf(sql`select person_id from process_person where process_id = ${id}`);
      // Whoever has any role there sees records by it.
      const members = await rowsOf(
        sql`select person_id from membership where organization_id = ${organization.id} and until is null`,
      );
      expect(written).toHaveLength(people);
      expect(written).toEqual(expect.arrayContaining(members));
      expect(http.hurried.filter((line) => line.subjectId === id)).toHaveLength(1);
    }
    expect(
      await rowsOf(sql`select e.actor_id = p.id as omars, t.reason from audit_event e join audit_text t on t.event_id = e.id
        join person p on p.email = ${omar} where e.type = 'config.applied' and e.subject_id = ${String(body.revision)}`),
    ).toEqual([{ omars: true, reason: 'Viewers see nothing for now' }]);
    entryOf('roles', 'viewer').entitlements = ['northwind-app:view'];
    revision += 1;
    expect((await apply(document)).status).toBe(201);
  });

  it('of what is in force already changes nothing and says so; the same key has the same answer', async () => {
    const before = await http.count('audit_event');
    expect((await apply(document)).body).toEqual({ revision, changes: [], effects: [], processes: [] });
    expect(await http.count('audit_event')).toBe(before);
    entryOf('tiers', 'free').seats = 4;
    const headers = { 'idempotency-key': 'once' };
    const edit = { base_revision: revision, reason: 'Four', catalog: document };
    const first = await http.call(omar, 'POST', revisions, edit, { headers });
    const again = await http.call(omar, 'POST', revisions, edit, { headers });
    expect([first.status, again.status]).toEqual([201, 201]);
    expect(again.body).toEqual(first.body);
  });

  it('twice at once lets one win; the other is told the newest and overwrites nothing', async () => {
    const wishes = [5, 6, 7].map((seats) => {
      const catalog = structuredClone(document);
      for (const one of catalog.tiers) if (one.key === 'free') one.seats = seats;
      return apply(catalog);
    });
    const answers = await Promise.all(wishes);
    expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    for (const one of answers.filter(({ status }) => status === 409)) {
      expectProblem(one, 409, 'stale-revision');
      expect(one.body.newest).toBe(revision + 1);
    }
    expect((await http.call(sam, 'GET', '/v1/catalog')).body.revision).toBe(revision + 1);
  });

  it('is refused with all reasons, and then nothing of it stays', async () => {
    const before = [
      await http.count('catalog_revision'),
      await http.count('role'),
      await http.count('process'),
    ];
    document.roles = document.roles.filter((one) => one.key !== 'support-lead');
    document.roles.push({ key: 'new-one', name: 'New', includes: ['new-one'] });
    const refused = await apply(document);
    expectProblem(refused, 422, 'catalog-invalid');
    expect(refused.body.errors.map((one: { detail: string }) => one.detail)).toEqual([
      'The role new-one includes itself.',
      'The role support-lead cannot be removed: marek@northwind.example and priya@northwind.example use it.',
    ]);
    expect([
      await http.count('catalog_revision'),
      await http.count('role'),
      await http.count('process'),
    ]).toEqual(before);
  });

  it('gives nobody anything by their own hand: neither access nor a duty', async () => {
    const operations = entryOf('roles', 'operations');
    for (const [who, wish, gained] of [
      [omar, { entitlements: ['acme-env:read'] }, 'acme-env:read'],
      [omar, { includes: ['analyst'] }, 'northwind-app:export'],
      [
        omar,
        { duties: ['end-any-access', 'manage-access', 'read-records', 'release-fences'] },
        'the duty end-any-access',
      ],
    ] as const) {
      const catalog = {
        ...document,
        roles: document.roles.map((one) => (one === operations ? { ...one, ...wish } : one)),
      };
      const before = await http.count('audit_event');
      const refused = await apply(catalog, {}, who);
      expectProblem(refused, 403, 'self-approval');
      expect(refused.body.detail).toContain(gained);
      expect(await http.count('audit_event')).toBe(before + 1);
      expect((await plan(catalog, who)).body.problems).toEqual([
        { pointer: '/catalog', detail: expect.stringContaining(gained) },
      ]);
      expect((await plan(catalog, ada)).body.problems).toEqual([]);
    }
  });

  it('gives nobody by their own hand what policy kept from them: neither by a region nor by a classification', async () => {
    const ofUs = entryOf('resources', 'postgres-us');
    ofUs.classification = 'restricted';
    entryOf('roles', 'operations').entitlements = ['postgres-us:read'];
    // Policy forbids it, and still it is more than their roles gave: somebody else applies it.
    expectProblem(await apply(document, {}, omar), 403, 'self-approval');
    expect((await apply(document, {}, ada)).status).toBe(201);
    revision += 1;
    const held = await http.call(omar, 'GET', `/v1/effective-entitlements?person=${omar}`);
    expect(held.body.items).toMatchObject([{ resource: 'postgres-us', held: false }]);
    for (const change of [{ classification: 'confidential' }, { region: 'eu' }]) {
      const catalog = structuredClone(document);
      for (const one of catalog.resources) if (one.key === 'postgres-us') Object.assign(one, change);
      await http.ledger.owner.db.execute(sql`update person set region = 'eu' where email = ${omar}`);
      const refused = await apply(catalog, {}, omar);
      expectProblem(refused, 403, 'self-approval');
      expect(refused.body.detail).toContain('postgres-us:read');
      expect((await plan(catalog, omar)).body.problems).toEqual([
        { pointer: '/catalog', detail: expect.stringContaining('postgres-us:read') },
      ]);
      expect((await plan(catalog, ada)).body).toMatchObject({
        problems: [],
        effects: [{ kind: 'gain', resource: 'postgres-us', people: 1 }],
      });
    }
    ofUs.classification = 'confidential';
    entryOf('roles', 'operations').entitlements = [];
    expect((await apply(document, {}, ada)).status).toBe(201);
  });

  it('does not make roles conflict that people have together, by themselves or by their contract role', async () => {
    await http.ledger.owner.db.execute(sql`
      update membership set given_roles = '{integrator}' where person_id in
        (select id from person where email in ('viewer0@acme.example', 'viewer1@acme.example'))`);
    Object.assign(entryOf('roles', 'viewer'), { conflicts_with: ['integrator'] });
    const administrator = ['analyst', 'customer-administrator'];
    entryOf('tiers', 'enterprise').default_roles = { administrator, member: ['analyst'], viewer: ['viewer'] };
    for (const one of document.customer_types) if (one.tier === 'enterprise') one.first_roles = administrator;
    const problem = {
      pointer: `/catalog/roles/${document.roles.findIndex(({ key }) => key === 'viewer')}/conflicts_with`,
      detail: '2 people would have both integrator and viewer: nobody may have both.',
    };
    expect((await plan(document)).body.problems).toEqual([problem]);
    const refused = await apply(document);
    expectProblem(refused, 422, 'catalog-invalid');
    expect(refused.body.errors).toEqual([problem]);
    expect((await http.call(sam, 'GET', '/v1/catalog')).body.revision).toBe(revision);
    await http.ledger.owner.db.execute(
      sql`update membership set given_roles = '{}' where contract_role = 'viewer'`,
    );
    expect((await plan(document)).body.problems).toEqual([]);
  });

  it('of a tier that was changed counts as rows do, whatever is changed', async () => {
    const people = await rowsOf<{ tier: string; role: string | null; given: string[] }>(sql`
      select o.tier_key as tier, m.contract_role as role, m.given_roles as given
      from membership m join organization o on o.id = m.organization_id where m.until is null`);
    for (const tier of ['professional', 'enterprise'])
      for (const contractRole of ['member', 'viewer']) {
        const catalog = structuredClone(document);
        for (const one of catalog.tiers)
          if (one.key === tier) one.default_roles = { ...Object(one.default_roles), [contractRole]: [] };
        const { body } = await plan(catalog);
        const lost = people.filter(
          (one) => one.tier === tier && one.role === contractRole && one.given.length === 0,
        );
        for (const { people: counted } of body.effects) expect(counted).toBe(lost.length);
        expect(body.role_changes.reduce((sum: number, one: { people: number }) => sum + one.people, 0)).toBe(
          lost.length,
        );
      }
  });
});

describe('What a change brings with it later', () => {
  it('is the end of an exception that allows a role: a role change waits for it', async () => {
    const until = '2035-05-01T00:00:00.000Z';
    document.overrides.push({
      customer: 'globex',
      what: { kind: 'role', role: 'integrator' },
      reason: 'A migration',
      approver: 'priya@northwind.example',
      until,
    });
    const { body } = await apply(document);
    expect(body.processes).toEqual([]);
    const waiting = () =>
      rowsOf(sql`select o.key, s.cause, s.wish, s.state, s.due_at = ${until} as due from process s
        join organization o on o.id = s.organization_id where s.cause = 'end-date' order by s.id`);
    const one = { key: 'globex', cause: 'end-date', wish: { what: 'catalog' }, state: 'waiting', due: true };
    expect(await waiting()).toEqual([one]);
    revision = body.revision;
    entryOf('tiers', 'free').name = 'Free of charge';
    revision = (await apply(document)).body.revision;
    expect(await waiting()).toEqual([one]);
    document.overrides.pop();
    expect((await apply(document)).status).toBe(201);
    expect(await waiting()).toEqual([one]);
  });

  it('is another look at customers who have other seats, or for whom something waits', async () => {
    await http.ledger.owner.db.execute(sql`
      insert into contract (organization_id, content, seats, wake_at)
      select id, '{}', case key when 'globex' then 30 end, case key when 'globex' then tenure_now() + interval '1 day' end
      from organization where key in ('globex', 'initech')`);
    const woken = async (edit: () => void) => {
      const [last] = await rowsOf<{ seq: number }>(sql`select coalesce(max(seq), 0)::int as seq from outbox`);
      edit();
      const { body } = await apply(document);
      revision = body.revision;
      const lines = await rowsOf<{
        key: string;
      }>(sql`select o.key from outbox x join organization o on o.id = x.subject_id
        where x.seq > ${last?.seq ?? 0} and x.message->>'signal' = 'nudge' order by o.key`);
      return lines.map(({ key }) => key);
    };
    expect(await woken(() => Object.assign(entryOf('tiers', 'free'), { seats: 2 }))).toEqual(['initech']);
    // Its contract names a number, so the tier's does not matter.
    expect(await woken(() => Object.assign(entryOf('tiers', 'professional'), { seats: 2 }))).toEqual([]);
    expect(await woken(() => Object.assign(document.settings, { downgrade_grace: 'P3D' }))).toEqual([
      'globex',
    ]);
    const exception = document.overrides.find(({ customer }) => customer === 'globex');
    const moved = { until: '2027-08-31T22:00:00.000Z', approver: 'priya@northwind.example' };
    expect(await woken(() => Object.assign(exception ?? {}, moved))).toEqual(['globex']);
    await http.ledger.owner.db.execute(sql`delete from contract`);
  });
});

describe('One part by itself', () => {
  const edit = (value?: unknown) => ({
    base_revision: revision,
    reason: 'A part',
    ...(value !== undefined && { value }),
  });
  const put = (path: string, value: unknown) => http.call(omar, 'PUT', `/v1/catalog/${path}`, edit(value));

  it('is put in, changed and taken out, through the same checks', async () => {
    const added = await put('roles/guest', { name: 'Guest' });
    expect(added).toMatchObject({
      status: 201,
      body: { changes: [{ sentence: 'role guest added: name Guest' }] },
    });
    revision = added.body.revision;
    const wrong = await put('roles/guest', { name: 'Guest', includes: ['nobody'] });
    expect(wrong.body.errors).toEqual([{ pointer: '/value/includes/0', detail: 'There is no role nobody.' }]);
    expect((await put('roles/guest', { key: 'other', name: 'x' })).body.errors).toEqual([
      { pointer: '/value/key', detail: 'The address says guest, and this is another.' },
    ]);
    expect((await put('roles/guest', { key: 'guest', name: 7, more: 1 })).body.errors).toEqual([
      { pointer: '/value/name', detail: 'This must be a text.' },
      { pointer: '/value/more', detail: 'There is no such field.' },
    ]);
    expectProblem(
      await http.call(omar, 'PUT', '/v1/catalog/roles/guest', { base_revision: revision, reason: 'x' }),
      422,
      'invalid-input',
    );
    expectProblem(await http.call(omar, 'DELETE', '/v1/catalog/roles/nobody', edit()), 404, 'not-found');
    expectProblem(await http.call(omar, 'DELETE', '/v1/catalog/nothing/x', edit()), 404, 'not-found');
    const removed = await http.call(omar, 'DELETE', '/v1/catalog/roles/guest', edit());
    expect(removed).toMatchObject({ status: 201, body: { changes: [{ sentence: 'role guest removed' }] } });
    expectProblem(await put('roles/other', { name: 'x' }), 409, 'stale-revision');
    revision = removed.body.revision;
    const used = await http.call(omar, 'DELETE', '/v1/catalog/roles/legal', edit());
    expect(used.body.errors).toEqual([
      {
        pointer: '/catalog/roles',
        detail: 'The role legal cannot be removed: lena@northwind.example uses it.',
      },
    ]);
  });

  it('by two editors at once is one edit: the other is told the newest, whatever part it is about', async () => {
    const answers = await Promise.all([
      put('roles/first', { name: 'First' }),
      put('tiers/second', { name: 'Second', seats: 1 }),
      put('settings/downgrade_grace', 'P9D'),
    ]);
    expect(answers.map((one) => one.status).toSorted((a, b) => a - b)).toEqual([201, 409, 409]);
    for (const one of answers)
      if (one.status !== 201) expect(one.body).toMatchObject({ newest: revision + 1 });
    const now = (await http.call(sam, 'GET', '/v1/catalog')).body;
    const said = [
      now.catalog.roles.some(({ key }: { key: string }) => key === 'first'),
      now.catalog.tiers.some(({ key }: { key: string }) => key === 'second'),
      now.catalog.settings.downgrade_grace === 'P9D',
    ];
    expect(said).toEqual(answers.map((one) => one.status === 201));
  });

  it('may be an override, by customer and kind, or a setting by its name', async () => {
    const value = {
      customer: 'initech',
      what: { kind: 'role', role: 'analyst' },
      reason: 'For their audit',
      approver: 'priya@northwind.example',
      until: '2035-01-01T00:00:00Z',
    };
    const path = `overrides/${encodeURIComponent('initech/role/analyst')}`;
    const added = await put(path, value);
    expect(added).toMatchObject({
      status: 201,
      body: { changes: [{ kind: 'added', key: 'initech/role/analyst' }] },
    });
    revision = added.body.revision;
    expect((await put(path, { ...value, approver: omar })).body.errors).toEqual([
      { pointer: '/value/approver', detail: 'You write it, so somebody else must have allowed it.' },
    ]);
    expectProblem(await put(path, { ...value, customer: 'acme' }), 422, 'invalid-input');
    const removed = await http.call(omar, 'DELETE', `/v1/catalog/${path}`, edit());
    revision = removed.body.revision;
    expect((await put('settings/churn_grace', 'soon')).body.errors).toMatchObject([{ pointer: '/value' }]);
    const set = await put('settings/churn_grace', 'P10D');
    expect(set.body.changes).toMatchObject([{ sentence: 'settings changed: churn_grace P7D → P10D' }]);
    revision = set.body.revision;
    const reset = await http.call(omar, 'DELETE', '/v1/catalog/settings/churn_grace', edit());
    expect(reset.body.changes).toMatchObject([{ sentence: 'settings changed: churn_grace P10D → P7D' }]);
    revision = reset.body.revision;
    for (const setting of ['churn_grace', 'downgrade_grace']) {
      const atOnce = await put(`settings/${setting}`, 'PT0S');
      expect(atOnce.status).toBe(201);
      revision = atOnce.body.revision;
    }
    expectProblem(await put('settings/standing_period', 'PT0S'), 422, 'catalog-invalid');
    expectProblem(await put('settings/__proto__', 'x'), 422, 'catalog-invalid');
  });
});

describe('A hostile body', () => {
  const send = (raw: string) => http.call(omar, 'POST', '/v1/catalog/plan', undefined, { raw });

  it('is refused in order: too large, too deep, polluting, no catalog at all', async () => {
    expectProblem(await send(`{"catalog": "${'x'.repeat(2 * 1024 * 1024)}"}`), 413, 'payload-too-large');
    const deep = await send(`{"catalog": ${'['.repeat(100_000)}${']'.repeat(100_000)}}`);
    expect(deep.body.problems).toEqual([{ pointer: '/catalog', detail: 'It nests deeper than 64 levels.' }]);
    const settings = `{"resources": [{"settings": ${'{"a":'.repeat(100)}1${'}'.repeat(100)}}]}`;
    expect((await send(`{"catalog": ${settings}}`)).body.problems).toHaveLength(1);
    const { body } = await send(
      '{"catalog": {"__proto__": {"isAdmin": true}, "constructor": 1, "roles": [{"__proto__": {"key": "x"}, "key": "y", "name": "Y"}]}}',
    );
    expect(body.problems.map((one: { pointer: string }) => one.pointer)).toEqual(
      expect.arrayContaining(['/catalog/constructor', '/catalog/tiers']),
    );
    expect(Object.prototype).not.toHaveProperty('isAdmin');
    for (const wrong of ['null', '7', '"x"', '[]', '{}'])
      expect((await send(`{"catalog": ${wrong}}`)).body.problems.length).toBeGreaterThan(0);
    expectProblem(await send('{}'), 422, 'invalid-input');
  });
});
