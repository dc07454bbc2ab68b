import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Executor, within } from '../../db/client.ts';
import { newId } from '../../domain/ids.ts';
import { type LedgerRoles, refusal, scopeOf, startLedgerRoles } from '../support/ledger-roles.ts';

// What must hold for processes, standing access, fences, the catalog and events, whoever writes and with whatever SQL.

let ledger: LedgerRoles;
beforeAll(async () => {
  ledger = await startLedgerRoles();
});
afterAll(() => ledger?.stop());

const system = () => ledger.system.db;
const omar = 'omar@northwind.example';
const sita = 'sita@northwind.example';
const ada = 'ada@northwind.example';
const anna = 'anna@acme.example';
const gus = 'gus@globex.example';

/** With the application's role and that person's eyes; the SQLSTATE of the refusal or `accepted`. */
async function as(email: string, attack: SQL): Promise<string> {
  const scope = await scopeOf(ledger, email, 'all');
  return refusal(within(ledger.application, scope, (tx: Executor) => tx.execute(attack)));
}
const asSystem = (attack: SQL) => refusal(system().execute(attack));
/** With the application's role, and of nobody: as the API does what a source has signed. */
const asNobody = (attack: SQL) =>
  refusal(
    ledger.application.db.transaction(async (tx) => {
      await tx.execute(sql`select set_config('tenure.organization', tenure_vendor(), true)`);
      await tx.execute(attack);
    }),
  );

const personOf = (email: string) => sql`(select id from person where email = ${email})`;
const organizationOf = (key: string) => sql`(select id from organization where key = ${key})`;
const role = (key: string) => sql`(select id from role where key = ${key})`;

interface At {
  organization?: string;
  kind?: string;
  state?: string;
  person?: string;
  personState?: string;
}

/** A process of Acme's and a person of it, in some state, by the system's hands. */
async function process(at: At = {}): Promise<string> {
  const {
    organization = 'acme',
    kind = 'role-change',
    state = 'running',
    person = anna,
    personState = 'waiting',
  } = at;
  const id = newId('proc');
  await system().execute(sql`
    insert into process (id, kind, organization_id, cause, wish) values (${id}, ${kind}, ${organizationOf(organization)}, 'contract', '{}')`);
  await system().execute(sql`
    insert into process_person (process_id, person_id, organization_id, state)
    select ${id}, id, organization_id, ${personState} from person where email = ${person}`);
  if (state !== 'waiting') await system().execute(sql`update process set state = ${state} where id = ${id}`);
  return id;
}

/** A standing grant for a person of Acme, given by that process. */
function grant(
  processId: string | null,
  wish: { id?: string; person?: string; until?: SQL; state?: string } = {},
): SQL {
  const {
    id = newId('grant'),
    person = anna,
    until = sql`tenure_now() + interval '1 day'`,
    state = 'provisioning',
  } = wish;
  return sql`insert into access_grant (id, process_id, origin, state, person_id, organization_id, holder_organization_id, resource_id,
      entitlement_id, "from", until, policy_version, account)
    select ${id}, ${processId}, 'contract', ${state}, p.id, p.organization_id, p.organization_id, r.id, e.id, tenure_now(), ${until}, 'test', ${id}
    from person p, resource r join entitlement e on e.resource_id = r.id and e.key = 'use' where p.email = ${person} and r.key = 'northwind-app'`;
}

function moved(grantId: string, hours: number): SQL {
  return sql`update access_grant set until = until + ${hours} * interval '1 hour' where id = ${grantId}`;
}

/** A renewal by that process, by so many hours, because of the contract. */
function renewal(grantId: string, by: string, hours: number): SQL {
  return sql`
    insert into renewal (id, grant_id, process_id, organization_id, holder_organization_id, former_until, until, cause)
    select ${newId('renewal')}, id, ${by}, organization_id, holder_organization_id, until, until + ${hours} * interval '1 hour', 'contract'
    from access_grant where id = ${grantId}`;
}

/** One that is held. */
async function held(person = anna): Promise<{ processId: string; grantId: string }> {
  const organization = person.slice(person.indexOf('@') + 1, -'.example'.length);
  const processId = await process({ person, organization });
  const grantId = newId('grant');
  expect(await asSystem(grant(processId, { id: grantId, person }))).toBe('accepted');
  await system().execute(sql`update access_grant set state = 'held' where id = ${grantId}`);
  return { processId, grantId };
}

describe('a standing grant', () => {
  it('comes from nobody but the engine', async () => {
    const processId = await process();
    for (const attempt of [await as(omar, grant(processId)), await asNobody(grant(processId))])
      expect(attempt).toBe('42501');
  });

  it('comes from a process, at work, of its holder’s own organization, on its very holder, or not at all', async () => {
    expect(await asSystem(grant(null))).toMatch(/^(TN012|23514)$/);
    expect(await asSystem(grant(newId('proc')))).toBe('TN012');
    const refused: [string, At][] = [
      ['of another tenant', { organization: 'globex' }],
      ['about another person', { person: 'tom@acme.example' }],
      ['an offboarding', { kind: 'offboarding' }],
      ['not begun', { state: 'waiting' }],
      ['behind a fence', { state: 'fenced' }],
      ['discarded', { state: 'discarded' }],
      ['over', { state: 'done' }],
      ['done with this person', { personState: 'done' }],
      ['held back for this person', { personState: 'fenced' }],
    ];
    for (const [what, at] of refused)
      expect({ what, tried: await asSystem(grant(await process(at))) }).toEqual({ what, tried: 'TN012' });
    expect(await asSystem(grant(await process(), { state: 'held' }))).toMatch(/^(TN012|23514)$/);
    const undone = await process();
    await system().execute(sql`update process set state = 'undoing' where id = ${undone}`);
    expect(await asSystem(grant(undone))).toBe('TN012');
  });

  it('is for nobody who is suspended, has left, or leaves before it ends, and for nobody of a suspended customer', async () => {
    const processId = await process({ person: 'tom@acme.example' });
    const tried = () => asSystem(grant(processId, { person: 'tom@acme.example' }));
    const tom = sql`email = 'tom@acme.example'`;
    for (const [bar, lift] of [
      [
        sql`update person set suspended_at = tenure_now() where ${tom}`,
        sql`update person set suspended_at = null where ${tom}`,
      ],
      [
        sql`update person set offboarded_at = tenure_now() where ${tom}`,
        sql`update person set offboarded_at = null where ${tom}`,
      ],
      [
        sql`update person set ends_at = tenure_now() + interval '1 hour' where ${tom}`,
        sql`update person set ends_at = null where ${tom}`,
      ],
      [
        sql`update organization set suspended_at = tenure_now() where key = 'acme'`,
        sql`update organization set suspended_at = null where key = 'acme'`,
      ],
    ] as const) {
      await system().execute(bar);
      expect(await tried()).toBe('TN012');
      await system().execute(lift);
    }
    expect(await tried()).toBe('accepted');
  });

  it('is not given while its holder is being removed: whoever comes second is told to come again, and waits for nobody', async () => {
    const processId = await process({ person: 'tom@acme.example' });
    const give = () => asSystem(grant(processId, { person: 'tom@acme.example' }));
    await system().execute(
      sql`update access_grant set end_at = tenure_now(), end_order = 'role-change' where end_at is null`,
    );
    await system().transaction(async (tx) => {
      await tx.execute(sql`update person set suspended_at = tenure_now() where email = 'tom@acme.example'`);
      expect(await give()).toBe('55P03');
    });
    expect(await give()).toBe('TN012');
    await system().execute(sql`update person set suspended_at = null where email = 'tom@acme.example'`);
    expect(await give()).toBe('accepted');
  });

  it('ends later only by a renewal of a process at work, by exactly what that says', async () => {
    const { grantId, processId } = await held(gus);
    const later = moved(grantId, 1);
    expect(await asSystem(later)).toBe('TN013');
    expect(await as(omar, later)).toBe('42501');
    expect(await as(omar, renewal(grantId, processId, 1))).toBe('42501');
    for (const by of [
      await process({ organization: 'globex', person: gus, state: 'discarded' }),
      await process({ organization: 'globex', person: gus, kind: 'offboarding' }),
      await process({ organization: 'globex', person: gus, personState: 'done' }),
      await process(),
    ])
      expect(await asSystem(renewal(grantId, by, 1))).toBe('TN013');
    await system().execute(renewal(grantId, processId, 7));
    expect(await asSystem(later)).toBe('TN013');
    await system().execute(renewal(grantId, processId, 1));
    expect(await asSystem(later)).toBe('accepted');
    expect(await asSystem(sql`update renewal set until = until + interval '1 year'`)).toMatch(
      /^(42501|TN011)$/,
    );
    expect(await asSystem(sql`delete from renewal`)).toMatch(/^(42501|TN011)$/);
  });

  it('stays what it is, ends once, and never in time to come', async () => {
    const { grantId } = await held('ines@initech.example');
    const set = (what: SQL) => sql`update access_grant set ${what} where id = ${grantId}`;
    for (const what of [
      sql`process_id = ${await process()}`,
      sql`catalog_revision = 99`,
      sql`person_id = ${personOf(anna)}`,
      sql`end_at = tenure_now() + interval '1 hour', end_order = 'role-change'`,
      sql`end_at = tenure_now(), end_order = 'whatever'`,
    ])
      expect(await asSystem(set(what))).toBe('TN013');
    expect(await asSystem(set(sql`end_at = tenure_now(), end_order = 'role-change'`))).toBe('accepted');
    expect(await asSystem(set(sql`end_at = null, end_order = null`))).toBe('TN013');
    expect(await asSystem(set(sql`end_order = 'suspension'`))).toBe('TN013');
  });
});

describe('roles and memberships', () => {
  /** By ids: who may not see somebody may know them all the same. */
  async function give(by: string, to: string, key: string): Promise<string> {
    const { personId, organizationId } = await scopeOf(ledger, to);
    return as(
      by,
      sql`insert into person_role (person_id, role_id, organization_id) values (${personId}, ${role(key)}, ${organizationId})`,
    );
  }

  it('are given by who manages them, and by nobody to themselves', async () => {
    expect(await give(omar, omar, 'administrator')).toBe('TN021');
    expect(await give(anna, anna, 'integrator')).toBe('TN021');
    expect(await give('sam@northwind.example', 'mei@northwind.example', 'support-lead')).toBe('TN020');
    expect(await give(sita, 'mei@northwind.example', 'support-lead')).toBe('TN020');
    expect(await give(anna, gus, 'member')).toBe('TN020');
    expect(await give(anna, 'sam@northwind.example', 'administrator')).toBe('TN020');
    expect(await give(anna, 'tom@acme.example', 'member')).toBe('accepted');
    expect(await give(omar, 'mei@northwind.example', 'legal')).toBe('accepted');
  });

  it('and nobody changes their own membership', async () => {
    const more = (email: string) =>
      sql`update membership set given_roles = array_append(given_roles, 'integrator') where person_id = ${personOf(email)}`;
    expect(await as(anna, more(anna))).toBe('TN021');
    expect(await as(anna, more('tom@acme.example'))).toBe('accepted');
    expect(await as('sam@northwind.example', more(gus))).toBe('TN020');
  });

  it('nobody lifts their own suspension, or anybody’s whom they do not manage', async () => {
    await system().execute(
      sql`update person set suspended_at = tenure_now() where email in ('mei@northwind.example', ${gus})`,
    );
    const lift = (email: string) => sql`update person set suspended_at = null where email = ${email}`;
    expect(await as('mei@northwind.example', lift('mei@northwind.example'))).toBe('TN020');
    expect(await as('sam@northwind.example', lift('mei@northwind.example'))).toBe('TN020');
    expect(
      await as(
        'sam@northwind.example',
        sql`update person set offboarded_at = tenure_now() where email = ${anna}`,
      ),
    ).toBe('TN020');
    expect(await as(sita, sql`update person set offboarded_at = tenure_now() where email = ${anna}`)).toBe(
      'TN020',
    );
    expect(await as(omar, lift('mei@northwind.example'))).toBe('accepted');
    expect(await as(sita, lift(gus))).toBe('accepted');
  });

  it('and nobody takes back what was ended of their own', async () => {
    await system().execute(sql`
      insert into person_role (person_id, role_id, organization_id)
      select id, ${role('support-lead')}, organization_id from person where email in (${omar}, 'ada@northwind.example')`);
    const set = (email: string, until: SQL) =>
      sql`update person_role set until = ${until} where person_id = ${personOf(email)} and role_id = ${role('support-lead')}`;
    expect(await as(omar, set(omar, sql`tenure_now()`))).toBe('accepted');
    for (const until of [sql`null`, sql`tenure_now() + interval '1 day'`])
      expect(await as(omar, set(omar, until))).toBe('TN021');
    expect(await as(omar, set(ada, sql`tenure_now()`))).toBe('accepted');
    expect(await as(omar, set(ada, sql`null`))).toBe('accepted');
    expect(await asSystem(set(omar, sql`null`))).toBe('accepted');
    const member = (until: SQL) =>
      sql`update membership set until = ${until} where person_id = ${personOf(anna)}`;
    await system().execute(member(sql`tenure_now() + interval '1 hour'`));
    expect(await as(anna, member(sql`null`))).toBe('TN021');
    await system().execute(member(sql`null`));
  });

  it('and what a role allows in Tenure itself is changed by who manages access alone', async () => {
    const more = sql`update role set duties = array_append(duties, 'release-fences') where key = 'member'`;
    const made = (id: string) =>
      sql`insert into role (id, key, name, duties) values (${id}, ${id}, 'Made', '{manage-access}')`;
    for (const email of [anna, sita, 'sam@northwind.example']) {
      expect(await as(email, more)).toBe('TN020');
      expect(await as(email, made(newId('role')))).toBe('TN020');
    }
    expect(await as(omar, more)).toBe('accepted');
    expect(await as(omar, sql`update role set duties = '{}' where key = 'member'`)).toBe('accepted');
    expect(await asSystem(sql`update role set name = name`)).toBe('accepted');
  });

  it('and a customer changes neither its tier nor its region, nor keeps itself from being suspended', async () => {
    for (const what of [sql`tier_key = 'free'`, sql`region = 'us'`, sql`suspended_at = tenure_now()`])
      expect(await as(anna, sql`update organization set ${what} where key = 'acme'`)).toBe('TN020');
    expect(await as(sita, sql`update organization set tier_key = 'free' where key = 'acme'`)).toBe('TN020');
    expect(await asSystem(sql`update organization set key = 'acme-2' where key = 'acme'`)).toBe('TN024');
  });
});

describe('a process', () => {
  const asked = (
    by: string,
    about: { organization: string; person?: string; kind?: string; state?: string },
  ) => sql`
    insert into process (id, kind, organization_id, person_id, cause, wish, requested_by)
    values (${newId('proc')}, ${about.kind ?? 'role-change'}, ${organizationOf(about.organization)},
      ${about.person ? personOf(about.person) : sql`null`}, 'administrator', '{}', ${personOf(by)})`;

  it('is asked for in one’s own name, by who manages whom it is about, and not for oneself', async () => {
    const acme = { organization: 'acme' };
    expect(await as(anna, asked(anna, { ...acme, person: 'tom@acme.example' }))).toBe('accepted');
    expect(await as(anna, asked('tom@acme.example', acme))).toBe('TN020');
    expect(await as(anna, asked(omar, acme))).toBe('TN020');
    expect(await as(anna, asked(anna, { ...acme, person: anna }))).toBe('TN021');
    expect(await as(omar, asked(omar, { organization: 'northwind', person: omar }))).toBe('TN021');
    expect(await as(gus, asked(gus, acme))).toMatch(/^(TN020|23502|42501)$/);
    expect(await as(anna, asked(anna, { organization: 'northwind' }))).toMatch(/^(TN020|42501)$/);
    for (const email of ['sam@northwind.example', sita])
      expect(await as(email, asked(email, acme))).toBe('TN020');
    const unasked = sql`insert into process (id, kind, organization_id, cause, wish)
      values (${newId('proc')}, 'role-change', ${organizationOf('acme')}, 'contract', '{}')`;
    expect(await as(omar, unasked)).toBe('TN020');
    expect(await asNobody(unasked)).toBe('TN020');
    expect(await asSystem(unasked)).toBe('accepted');
  });

  it('says of a contract, of terms and of all users only what the vendor’s own people say', async () => {
    interface Wish {
      cause?: string;
      source?: string;
      wish?: object;
      person?: string | null;
    }
    const made = (
      by: string,
      { cause = 'administrator', source, wish = {}, person = 'tom@acme.example' }: Wish,
    ) => sql`
      insert into process (id, kind, organization_id, person_id, cause, source, wish, requested_by)
      values (${newId('proc')}, 'role-change', ${organizationOf('acme')}, ${person === null ? sql`null` : personOf(person)}, ${cause},
        ${source ?? null}, ${JSON.stringify(wish)}::jsonb, ${personOf(by)})`;
    const terms = { tier: 'enterprise', region: 'eu', seats: 1_000, until: null, state: 'active' };
    const wishes: Wish[] = [
      ...[
        'contract',
        'dunning',
        'seats',
        'convergence',
        'configuration',
        'roster',
        'operations',
        'end-date',
      ].map((cause) => ({ cause })),
      { wish: { what: 'contract', terms } },
      { wish: { again: true } },
      { wish: { effects: ['upgraded'] } },
      { wish: { revision: 1 } },
      { source: 'stripe' },
      { person: null },
    ];
    for (const wish of wishes) {
      expect({ wish, tried: await as(anna, made(anna, wish)) }).toEqual({ wish, tried: 'TN020' });
      expect({ wish, tried: await as(omar, made(omar, wish)) }).toEqual({ wish, tried: 'accepted' });
    }
    const { personId } = await scopeOf(ledger, gus);
    const foreign = sql`
      insert into process (id, kind, organization_id, person_id, cause, wish, requested_by)
      values (${newId('proc')}, 'offboarding', ${organizationOf('acme')}, ${personId}, 'administrator', '{}', ${personOf(anna)})`;
    expect(await as(anna, foreign)).toBe('TN020');
    expect(await as(anna, made(anna, { wish: { what: 'roles' } }))).toBe('accepted');
  });

  it('begins by waiting, stays what it is, and goes only where a process can go', async () => {
    const made = sql`insert into process (id, kind, organization_id, cause, wish, state)
      values (${newId('proc')}, 'role-change', ${organizationOf('acme')}, 'contract', '{}', 'running')`;
    expect(await asSystem(made)).toBe('TN022');
    const id = await process({ state: 'waiting' });
    const set = (what: SQL) => sql`update process set ${what} where id = ${id}`;
    for (const what of [
      sql`wish = '{"what":"review"}'`,
      sql`organization_id = ${organizationOf('globex')}`,
      sql`requested_by = ${personOf(omar)}`,
      sql`kind = 'onboarding'`,
      sql`state = 'residue'`,
      sql`state = 'failed'`,
    ])
      expect(await asSystem(set(what))).toBe('TN022');
    await system().execute(set(sql`state = 'running'`));
    await system().execute(set(sql`state = 'done'`));
    for (const state of ['running', 'waiting', 'discarded'])
      expect(await asSystem(set(sql`state = ${state}`))).toBe('TN022');
    expect(await asSystem(sql`delete from process where id = ${id}`)).toMatch(/^(42501|TN011)$/);
  });

  it('is moved by the engine; people only drop what has not begun and they manage', async () => {
    const running = await process();
    const waiting = await process({ state: 'waiting' });
    const set = (id: string, state: string) => sql`update process set state = ${state} where id = ${id}`;
    for (const state of ['done', 'residue', 'discarded', 'undoing'])
      expect(await as(omar, set(running, state))).toBe('TN020');
    expect(await as(omar, set(waiting, 'running'))).toBe('TN020');
    expect(await as(sita, set(waiting, 'discarded'))).toBe('TN020');
    expect(await as(anna, set(waiting, 'discarded'))).toBe('accepted');
    expect(await as(omar, sql`update process_person set state = 'done'`)).toBe('42501');
  });

  it('is not done while something of it is left', async () => {
    const id = await process({ kind: 'offboarding' });
    await system().execute(sql`
      insert into task (id, kind, process_id, organization_id, holder_organization_id, owner_person_id)
      select ${newId('task')}, 'residue', ${id}, organization_id, organization_id, ${personOf(omar)} from process where id = ${id}`);
    expect(await asSystem(sql`update process set state = 'done' where id = ${id}`)).toBe('TN022');
    expect(await asSystem(sql`update process set state = 'residue' where id = ${id}`)).toBe('accepted');
    expect(await as(omar, sql`update process set state = 'done' where id = ${id}`)).toBe('TN022');
    await system().execute(sql`update task set closed_at = tenure_now() where process_id = ${id}`);
    expect(await as(omar, sql`update process set state = 'done' where id = ${id}`)).toBe('accepted');
  });
});

describe('a fence', () => {
  /** What Ada has set off and a fence holds: of each of these people of Acme's one item. */
  async function fence(author: string, ...people: string[]): Promise<{ fenceId: string; items: string[] }> {
    const fenceId = newId('fence');
    await system().execute(sql`
      insert into fence (id, kind, subject, organization_id, cause, author, "limit")
      select ${fenceId}, 'people', ${fenceId}, ${organizationOf('acme')}, 'configuration', ${personOf(author)}, 5`);
    const items: string[] = [];
    for (const person of people) {
      const id = newId('item');
      const processId = await process({ person });
      await system().execute(sql`
        insert into fence_item (id, fence_id, process_id, person_id, organization_id, difference)
        select ${id}, ${fenceId}, ${processId}, ${personOf(person)}, ${organizationOf('acme')}, '{"gain":[],"lose":[]}'`);
      items.push(id);
    }
    return { fenceId, items };
  }

  const decide = (item: string, by: string, state = 'released') => sql`
    update fence_item set state = ${state}, decided_by = ${personOf(by)} where id = ${item}`;

  it('is released by a second person with the duty, once, in their own name', async () => {
    const { items } = await fence(omar, anna);
    const [item = ''] = items;
    for (const state of ['released', 'discarded']) {
      expect(await as(omar, decide(item, omar, state))).toBe('TN001');
      expect(await as(ada, decide(item, ada, state))).toBe('TN020');
      expect(await as('sam@northwind.example', decide(item, 'sam@northwind.example', state))).toBe('TN020');
      expect(await as(omar, decide(item, sita, state))).toBe('TN020');
      expect(await as(sita, sql`update fence_item set state = ${state} where id = ${item}`)).toBe('TN020');
      expect(await asSystem(decide(item, omar, state))).toBe('TN001');
      expect(await asSystem(sql`update fence_item set state = ${state} where id = ${item}`)).toBe('TN020');
    }
    expect(await as(anna, decide(item, anna))).toBe('accepted');
    expect(await state(item)).toBe('waiting');
    expect(await as(sita, decide(item, sita))).toBe('accepted');
    expect(await as(sita, decide(item, sita, 'discarded'))).toBe('TN003');
    expect(
      await asSystem(sql`update fence_item set state = 'waiting', decided_by = null where id = ${item}`),
    ).toBe('TN003');
    expect(await state(item)).toBe('released');
  });

  const state = async (item: string) =>
    (await system().execute<{ state: string }>(sql`select state from fence_item where id = ${item}`))[0]
      ?.state;

  it('stays what it is, and open while anything waits behind it', async () => {
    const { fenceId, items } = await fence(ada, anna, 'tom@acme.example');
    const [first = '', second = ''] = items;
    const close = sql`update fence set closed_at = tenure_now() where id = ${fenceId}`;
    expect(await as(omar, close)).toBe('TN023');
    expect(await asSystem(close)).toBe('TN023');
    expect(await asSystem(sql`update fence set author = null where id = ${fenceId}`)).toBe('TN023');
    expect(await as(ada, sql`update fence set author = null where id = ${fenceId}`)).toBe('42501');
    for (const what of [sql`difference = '{}'`, sql`person_id = ${personOf(gus)}`])
      expect(await asSystem(sql`update fence_item set ${what} where id = ${first}`)).toBe('TN023');
    expect(await asSystem(sql`delete from fence_item where id = ${first}`)).toMatch(/^(42501|TN011)$/);
    for (const item of [first, second]) expect(await as(omar, decide(item, omar))).toBe('accepted');
    expect(await as(omar, close)).toBe('accepted');
    expect(await asSystem(sql`update fence set closed_at = null where id = ${fenceId}`)).toBe('TN023');
  });

  it('keeps what was dropped from happening, by who dropped it, until the engine forgets it', async () => {
    const { items } = await fence(ada, anna, 'tom@acme.example');
    const [first = '', second = ''] = items;
    const kept = (item: string, what: string | null) =>
      sql`update fence_item set kept = ${what}::jsonb where id = ${item}`;
    const nothing = '{"gain":[],"lose":[]}';
    for (const what of [nothing, '{"gain":["x:y"],"lose":[]}'])
      expect(await asSystem(kept(first, what))).toBe('TN023');
    const drop = (item: string, what: string) =>
      sql`update fence_item set state = 'discarded', decided_by = ${personOf(sita)}, kept = ${what}::jsonb where id = ${item}`;
    expect(await as(sita, drop(first, '{"gain":["x:y"],"lose":[]}'))).toBe('TN023');
    expect(await as(sita, drop(first, nothing))).toBe('accepted');
    expect(await as(sita, decide(second, sita, 'discarded'))).toBe('accepted');
    expect(await asSystem(kept(second, nothing))).toBe('TN023');
    for (const who of [ada, omar, sita]) expect(await as(who, kept(first, null))).toBe('TN023');
    expect(await asSystem(kept(first, null))).toBe('accepted');
    expect(await asSystem(kept(first, nothing))).toBe('TN023');
  });

  it('is passed by what an import says of somebody, which who manages them takes back and nobody changes', async () => {
    const says = (processId: string, person: string) => sql`
      insert into process_person (process_id, person_id, organization_id, wish)
      select ${processId}, id, organization_id, '{"roles":["analyst"]}' from person where email = ${person}`;
    const wish = (processId: string, what: string | null) =>
      sql`update process_person set wish = ${what}::jsonb where process_id = ${processId} and wish is not null returning 1`;
    const toms = await process({ person: 'tom@acme.example' });
    expect(await as(sita, says(toms, anna))).toBe('TN020');
    expect(await as(anna, says(toms, anna))).toBe('TN020');
    expect(await as(omar, says(toms, omar))).toBe('TN021');
    expect(await as(omar, says(toms, anna))).toBe('accepted');
    expect(await asSystem(wish(toms, '{"roles":[]}'))).toBe('TN022');
    expect(await as(sita, wish(toms, null))).toBe('TN020');
    expect(await as(anna, wish(toms, null))).toBe('TN021');
    expect(await as(omar, wish(toms, null))).toBe('accepted');
  });

  it('lets nobody through by a hand of the application', async () => {
    expect(
      await as(omar, sql`insert into fence_passage (kind, subject, counted) values ('people', 'x', 'y')`),
    ).toBe('42501');
    expect(await as(omar, sql`delete from fence_passage`)).toBe('42501');
    expect(await as(omar, sql`delete from fence_item`)).toBe('42501');
  });
});

describe('tasks', () => {
  it('are closed by whose they are or who manages, in their own name, once, and only those that people close', async () => {
    const task = async (kind: string) => {
      const id = newId('task');
      await system().execute(sql`
        insert into task (id, kind, organization_id, holder_organization_id, owner_person_id)
        values (${id}, ${kind}, ${organizationOf('northwind')}, ${organizationOf('northwind')}, ${personOf('priya@northwind.example')})`);
      return id;
    };
    const close = (id: string, by: string) => sql`
      update task set closed_at = now() - interval '1 year', closed_by = ${personOf(by)}, comment = 'done' where id = ${id}`;
    const id = await task('handover');
    expect(await as('sam@northwind.example', close(id, 'sam@northwind.example'))).toBe('TN020');
    expect(await as('priya@northwind.example', close(id, omar))).toBe('TN020');
    expect(await as('priya@northwind.example', close(await task('overdue'), 'priya@northwind.example'))).toBe(
      'TN020',
    );
    expect(await as('priya@northwind.example', close(id, 'priya@northwind.example'))).toBe('accepted');
    const [closed] = await system().execute(
      sql`select closed_at > tenure_now() - interval '1 minute' as now from task where id = ${id}`,
    );
    expect(closed).toEqual({ now: true });
    expect(await as(omar, close(id, omar))).toBe('TN003');
    expect(await as(omar, close(await task('residue'), omar))).toBe('accepted');
  });
});

describe('the catalog and what was delivered', () => {
  it('has its revisions in order, by who may write them, and for ever', async () => {
    const [newest] = await system().execute<{ number: number }>(
      sql`select max(number) as number from catalog_revision`,
    );
    const next = (newest?.number ?? 0) + 1;
    const revision = (number: number, author: SQL) => sql`
      insert into catalog_revision (number, author, reason, content) values (${number}, ${author}, 'a test', '{}')`;
    for (const number of [next - 1, next + 1])
      expect(await asSystem(revision(number, sql`'system'`))).toMatch(/^(TN025|23505)$/);
    expect(await as(sita, revision(next, personOf(sita)))).toBe('TN020');
    expect(await as(anna, revision(next, personOf(anna)))).toBe('TN020');
    expect(await as(omar, revision(next, personOf(ada)))).toBe('TN020');
    expect(await as(omar, revision(next, personOf(omar)))).toBe('accepted');
    expect(await as(omar, revision(next, personOf(omar)))).toMatch(/^(TN025|23505)$/);
    for (const attack of [
      sql`update catalog_revision set content = '{}'`,
      sql`delete from catalog_revision`,
      sql`truncate catalog_revision`,
    ])
      for (const tried of [await as(omar, attack), await asSystem(attack)])
        expect(tried).toMatch(/^(42501|TN011)$/);
  });

  it('leaves an event as it was delivered', async () => {
    await system().execute(sql`
      insert into event_source (key, name, scheme, mapping, secrets) values ('test', 'Test', 'standard', '{}', '[]')`);
    await system().execute(sql`
      insert into inbound_event (id, source, event_id, body, content_type) values ('evt_1', 'test', '1', '{"a":1}', 'application/json')`);
    for (const what of [
      sql`body = '{"a":2}'`,
      sql`event_id = '2'`,
      sql`received_at = now() - interval '1 day'`,
    ]) {
      const attack = sql`update inbound_event set ${what} where id = 'evt_1'`;
      expect(await asSystem(attack)).toBe('TN011');
      expect(await as(omar, attack)).toBe('42501');
    }
    expect(await asSystem(sql`delete from inbound_event`)).toMatch(/^(42501|TN011)$/);
    expect(await as(omar, sql`update inbound_event set state = 'discarded' where id = 'evt_1'`)).toBe(
      'accepted',
    );
  });
});
