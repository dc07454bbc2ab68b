import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectionProblems } from '../../activities/connectors/settings.ts';
import { loadExample } from '../../bin/example.ts';
import { within } from '../../db/client.ts';
import {
  listRevisions,
  readActiveCatalog,
  readCatalogAt,
  readCatalogOf,
  readFenceLimit,
  readRevision,
} from '../../db/queries/catalog-revision.ts';
import { readPeopleGroups, readPolicyFacts } from '../../db/queries/catalog-people.ts';
import { findProblems, type NewRevision, writeRevision } from '../../db/queries/catalog-write.ts';
import { sqlState } from '../../db/errors.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { catalogDocument } from '../../domain/catalog-document.ts';
import type { FenceLimit } from '../../domain/catalog-settings.ts';
import { impactOn } from '../../domain/catalog-impact.ts';
import { TenureError } from '../../domain/errors.ts';
import { newId } from '../../domain/ids.ts';
import { roleWith, tierWith } from '../support/catalog.ts';
import { skippableClock } from '../support/clock.ts';
import { allAllowed } from '../support/holding.ts';
import { type EphemeralLedger, ephemeralLedger } from '../support/ledger.ts';
import { prospect } from '../support/processes.ts';

let ledger: EphemeralLedger;
beforeAll(async () => {
  ledger = await ephemeralLedger();
});
afterAll(() => ledger.stop());

const active = () => readActiveCatalog(ledger.system.db);

/** A copy that may be changed. */
async function draft(): Promise<Catalog> {
  return structuredClone((await active()).catalog);
}

async function write(catalog: Catalog, more: Partial<NewRevision> = {}) {
  const { number } = await active();
  return ledger.system.db.transaction((tx) =>
    writeRevision(tx, {
      baseRevision: number,
      catalog,
      author: actors.system,
      reason: 'A test',
      organizationId: null,
      checkConnection: connectionProblems,
      ...more,
    }),
  );
}

async function refusal(work: Promise<unknown>): Promise<TenureError> {
  const error: unknown = await work.then(
    () => null,
    (reason: unknown) => reason,
  );
  if (error instanceof TenureError) return error;
  throw new TypeError('Expected a refusal', { cause: error });
}

function rows<T extends Record<string, unknown>>(query: SQL) {
  return ledger.owner.db.execute<T>(query).then((found) => [...found]);
}

async function idOf(email: string): Promise<string> {
  const [found] = await rows<{ id: string }>(sql`select id from person where email = ${email}`);
  return found?.id ?? '';
}

describe('The example company', () => {
  it('has a catalog without problems, as revision 1, and its rows say the same', async () => {
    const { number, catalog } = await active();
    expect(number).toBe(1);
    await ledger.system.db.transaction(async (tx) => {
      const wish = { catalog, author: actors.system, checkConnection: connectionProblems };
      expect(await findProblems(tx, catalog, wish)).toEqual([]);
    });
    expect(await rows(sql`select key, name, duties from role where retired_at is null order by key`)).toEqual(
      catalog.roles.map(({ key, name, duties }) => ({ key, name, duties })),
    );
    expect(await rows(sql`select key, seats, features from tier order by key`)).toEqual(
      catalog.tiers.map(({ key, seats, features }) => ({ key, seats, features })),
    );
    expect(
      await rows(sql`select c.key, c.settings, c.shared, array_agg(e.key order by e.key) as entitlements
        from resource c join entitlement e on e.resource_id = c.id group by c.id order by c.key`),
    ).toEqual(
      catalog.resources.map(({ key, settings, shared, entitlements }) => ({
        key,
        settings,
        shared,
        entitlements: entitlements.map((one) => one.key),
      })),
    );
  });

  it('has customers whose contract stands and whose users are members, and is loaded once', async () => {
    const count = () =>
      rows(sql`select (select count(*)::int from membership where until is null) as members,
        (select count(*)::int from organization where onboarded_at is not null) as customers,
        (select count(*)::int from contract_term where until is null) as terms,
        (select count(*)::int from catalog_revision) as revisions, (select count(*)::int from person) as people`);
    const [before] = await count();
    expect(before).toMatchObject({ members: 4, customers: 3, terms: 3, revisions: 1 });
    await loadExample({ systemUrl: ledger.systemUrl, key: ledger.key, targets: {} });
    expect(await count()).toEqual([before]);
  });
});

describe('A revision', () => {
  it('is in force from its instant on, and every one before it can be asked for', async () => {
    const start = await active();
    const seats: { at: string; seats: number | null | undefined }[] = [];
    for (const wanted of [30, 31, 32]) {
      const catalog = await draft();
      const tier = catalog.tiers.find((one) => one.key === 'professional');
      if (tier) tier.seats = wanted;
      const { number } = await write(catalog, { reason: `${wanted} seats` });
      const [row] = await rows<{ at: string }>(
        sql`select to_json(created_at) #>> '{}' as at from catalog_revision where number = ${number}`,
      );
      seats.push({ at: row?.at ?? '', seats: wanted });
    }
    const { db } = ledger.system;
    for (const one of seats) {
      const { catalog } = await readCatalogAt(db, one.at);
      expect(catalog.tiers.find(({ key }) => key === 'professional')?.seats).toBe(one.seats);
    }
    expect(await readCatalogAt(db, '2001-01-01T00:00:00.000Z')).toMatchObject({
      number: 0,
      catalog: { roles: [] },
    });
    expect((await readCatalogOf(db, start.number))?.catalog).toEqual(start.catalog);
    expect(await readCatalogOf(db, 9_999_999_999)).toBeNull();
    expect(await readRevision(db, start.number + 2)).toMatchObject({
      revision: start.number + 2,
      author: { id: 'system', email: null },
      reason: '31 seats',
    });
    const first = await listRevisions(db, { limit: 2, before: null });
    expect(first.items.map((one) => one.reason)).toEqual(['32 seats', '31 seats']);
    const next = await listRevisions(db, { limit: 2, before: Number(first.next) });
    expect(next.items.map((one) => one.reason)).toEqual(['30 seats', 'The example company']);
    expect(next.next).toBeNull();
  });

  it('that changes nothing is not written, in whatever order it says the same', async () => {
    const before = await active();
    const catalog = await draft();
    catalog.roles.reverse();
    expect(await write(catalog)).toMatchObject({ number: before.number, changes: [] });
    expect((await active()).number).toBe(before.number);
  });

  it('made from another than the newest is refused; of two at once one wins, and the other is told', async () => {
    const { number } = await active();
    const stale = await refusal(write(await draft(), { baseRevision: number - 1 }));
    expect(stale).toMatchObject({ code: 'stale-revision', extra: { newest: number } });
    const versions = await Promise.all([1, 2, 3, 4].map(() => draft()));
    const outcomes = await Promise.allSettled(
      versions.map((catalog, at) => {
        const [first] = catalog.roles;
        if (first) first.name = `Named by ${at}`;
        return write(catalog, { baseRevision: number });
      }),
    );
    const won = outcomes.filter((one) => one.status === 'fulfilled');
    const lost = outcomes.flatMap((one) => (one.status === 'rejected' ? [one.reason] : []));
    expect(won).toHaveLength(1);
    expect(lost.map((error) => error.code)).toEqual(['stale-revision', 'stale-revision', 'stale-revision']);
    expect((await active()).number).toBe(number + 1);
  });

  it('keeps the ids of what stays, retires what goes and takes it up again as it was', async () => {
    const ids = () =>
      rows(sql`select r.id, r.retired_at is null as there, e.id as entitlement, e.retired_at is null as given
        from role r, resource c join entitlement e on e.resource_id = c.id
        where r.key = 'guest' and c.key = 'northwind-app' and e.key = 'print'`);
    const without = await draft();
    const withThem = structuredClone(without);
    withThem.roles.push(
      roleWith('guest', { entitlements: ['northwind-app:print'], duties: ['read-records'] }),
    );
    withThem.resources
      .find((one) => one.key === 'northwind-app')
      ?.entitlements.push({ key: 'print', name: 'Print' });
    await write(withThem);
    const [first] = await ids();
    expect(first).toMatchObject({ there: true, given: true });
    await write(without);
    expect(await ids()).toEqual([{ ...first, there: false, given: false }]);
    expect(await rows(sql`select duties from role where key = 'guest'`)).toEqual([{ duties: [] }]);
    await write(withThem);
    expect(await ids()).toEqual([first]);
    await write(without);
  });

  it('stays as it was written, whoever comes', async () => {
    for (const { db } of [ledger.app, ledger.system, ledger.owner]) {
      const change = db.execute(sql`update catalog_revision set reason = 'x' where number = 1`);
      expect(await change.then(() => 'accepted', sqlState)).toMatch(/^(42501|TN011)$/);
    }
  });

  it('is written by nobody who does not manage access, whatever the API lets through', async () => {
    const attempt = async (email: string) => {
      const [person] = await rows<{ personId: string; organizationId: string }>(
        sql`select id as "personId", organization_id as "organizationId" from person where email = ${email}`,
      );
      const scope = { personId: '', organizationId: '', ...person, reach: 'own' as const };
      return within(ledger.app, scope, (tx) =>
        tx.execute(sql`insert into catalog_revision (number, author, reason, content)
          select max(number) + 1, ${scope.personId}, 'x', '{}' from catalog_revision`),
      ).then(() => 'accepted', sqlState);
    };
    for (const email of ['sam@northwind.example', 'sita@northwind.example', 'anna@acme.example'])
      expect(await attempt(email), email).toBe('TN020');
  });
});

describe('What is refused, all at once', () => {
  it('is what people, customers and requests still use', async () => {
    const catalog = await draft();
    catalog.roles = catalog.roles.filter((one) => !['legal', 'customer-administrator'].includes(one.key));
    catalog.tiers = catalog.tiers.filter((one) => one.key !== 'free');
    catalog.customerTypes = [];
    const { code, errors } = await refusal(write(catalog));
    expect(code).toBe('catalog-invalid');
    const details = errors.map((one) => one.detail);
    expect(details).toEqual(
      expect.arrayContaining([
        'The role legal cannot be removed: lena@northwind.example uses it.',
        'The role customer-administrator cannot be removed: anna@acme.example, gus@globex.example, ines@initech.example and tom@acme.example use it.',
        'The tier free cannot be removed: initech and the event source hubspot use it.',
        'The customer type business cannot be removed: globex uses it.',
      ]),
    );
    expect(errors).toContainEqual({
      pointer: '/catalog/tiers/0/allowed_roles/1',
      detail: 'There is no role customer-administrator.',
    });
  });

  it('is a tier that a source maps to, and one that a process will bring a customer to', async () => {
    const base = await draft();
    await write({ ...base, tiers: [...base.tiers, tierWith('trial')] });
    await ledger.owner.db.execute(sql`insert into event_source (key, name, scheme, mapping, secrets)
      values ('billing', 'Billing', 'stripe', '{"prices": {"price_1": "trial"}}', '[]')`);
    await ledger.system.db.execute(sql`insert into process (id, kind, organization_id, cause, wish)
      select ${newId('proc')}, 'role-change', id, 'contract', '{"terms": {"tier": "trial"}}' from organization where key = 'acme'`);
    const { errors } = await refusal(write(base));
    expect(errors).toEqual([
      {
        pointer: '/catalog/tiers',
        detail: 'The tier trial cannot be removed: acme and the event source billing use it.',
      },
    ]);
    await ledger.owner.db.execute(sql`update event_source set mapping = '{}' where key = 'billing'`);
    await ledger.system.db.execute(
      sql`update process set state = 'discarded' where wish #>> '{terms,tier}' = 'trial'`,
    );
    expect((await write(base)).changes).toHaveLength(1);
  });

  it('is a tier that a prospect’s contract names, although nothing follows from it yet', async () => {
    const base = await draft();
    await write({ ...base, tiers: [...base.tiers, tierWith('trial')] });
    const people = [{ email: 'una@umbra.example', name: 'Una', role: 'administrator' }];
    const { organizationId } = await prospect(ledger.system.db, { name: 'Umbra', tier: 'trial', people });
    const { errors } = await refusal(write(base));
    expect(errors).toEqual([
      { pointer: '/catalog/tiers', detail: 'The tier trial cannot be removed: Umbra uses it.' },
    ]);
    await ledger.system.db.execute(sql`
      update contract set content = jsonb_set(content, '{terms,state}', '"ended"') where organization_id = ${organizationId}`);
    expect((await write(base)).changes).toHaveLength(1);
  });

  it('names what is not there, circles, and settings that a connector does not take', async () => {
    const catalog = await draft();
    const [first, second] = catalog.roles;
    first?.includes.push(second?.key ?? '');
    second?.includes.push(first?.key ?? '');
    second?.entitlements.push('moon:land');
    const [resource, other] = catalog.resources;
    Object.assign(resource ?? {}, { owner: 'nobody@northwind.example', target: 'mars' });
    Object.assign(other ?? {}, { settings: { ...other?.settings, scoped: true } });
    const { errors } = await refusal(write(catalog));
    expect(errors.map((one) => `${one.pointer} ${one.detail}`)).toEqual([
      '/catalog/resources/0/owner Nobody has the address nobody@northwind.example.',
      '/catalog/resources/0/target There is no target system mars.',
      '/catalog/roles/1/entitlements/1 There is no resource moon.',
      '/catalog/roles/0/includes/0 Roles include each other in a circle: administrator includes analyst, analyst includes administrator.',
      "/catalog/resources/1/settings/scoped Must be false: the resource is one customer's, so there is none to confine a grant to.",
    ]);
  });

  it('an override by its own author, or allowed by somebody of a customer', async () => {
    const catalog = await draft();
    const [one] = catalog.overrides;
    if (!one) throw new TypeError('The example has overrides.');
    const omar = { kind: 'person', id: await idOf('omar@northwind.example'), name: 'Omar' } as const;
    // What stands already may be carried along by whoever allowed it then.
    const touched = structuredClone(catalog);
    Object.assign(touched.tiers[0] ?? {}, { name: 'Other' });
    expect((await write(touched, { author: omar })).changes).toHaveLength(1);
    const approvers = ['Omar@northwind.example', 'anna@acme.example', 'priya@northwind.example'];
    const details: string[] = [];
    for (const approver of approvers) {
      const wish = { ...touched, overrides: [{ ...one, approver, reason: 'Again' }] };
      const tried = write(wish, { author: omar });
      if (approver.startsWith('priya'))
        await expect(tried).resolves.toMatchObject({ number: expect.any(Number) });
      else details.push(...(await refusal(tried)).errors.map((error) => `${error.pointer} ${error.detail}`));
    }
    expect(details).toEqual([
      '/catalog/overrides/0/approver You write it, so somebody else must have allowed it.',
      "/catalog/overrides/0/approver anna@acme.example is none of the vendor's people.",
    ]);
  });
});

describe('Access that is held', () => {
  const grant = newId('grant');
  beforeAll(async () => {
    const process = newId('proc');
    await ledger.owner.db.execute(sql`
      insert into process (id, kind, organization_id, cause) select ${process}, 'role-change', id, 'operations' from organization where key = 'acme'`);
    await ledger.owner.db.execute(sql`update process set state = 'running' where id = ${process}`);
    await ledger.owner.db.execute(sql`insert into process_person (process_id, person_id, organization_id)
      select ${process}, id, organization_id from person where email = 'anna@acme.example'`);
    await ledger.owner.db.execute(sql`
      insert into access_grant (id, origin, state, process_id, person_id, organization_id, holder_organization_id, resource_id, entitlement_id,
        "from", until, attempts, policy_version, account)
      select ${grant}, 'role', 'provisioning', ${process}, p.id, p.organization_id, p.organization_id, c.id, e.id, tenure_now(),
        tenure_now() + interval '1 day', 1, 'v', 'a' from person p, resource c join entitlement e on e.resource_id = c.id
      where p.email = 'anna@acme.example' and c.key = 'northwind-app' and e.key = 'view'`);
  });

  it('keeps its entitlement in the catalog, whoever looks', async () => {
    const catalog = await draft();
    for (const one of catalog.resources)
      if (one.key === 'northwind-app')
        one.entitlements = one.entitlements.filter(({ key }) => key !== 'view');
    for (const one of catalog.roles)
      one.entitlements = one.entitlements.filter((name) => name !== 'northwind-app:view');
    const [lena] = await rows<{ personId: string; organizationId: string }>(
      sql`select id as "personId", organization_id as "organizationId" from person where email = 'omar@northwind.example'`,
    );
    const scope = { personId: '', organizationId: '', ...lena, reach: 'own' as const };
    const { catalog: before } = await active();
    const wish = { catalog, author: actors.system, checkConnection: connectionProblems };
    const problems = await within(ledger.app, scope, (tx) => findProblems(tx, before, wish));
    expect(problems.map((one) => one.detail)).toEqual([
      'The entitlement northwind-app:view cannot be removed: anna@acme.example uses it.',
    ]);
  });

  it('keeps its resource where it is; settings may only gain members', async () => {
    const moved = await draft();
    Object.assign(moved.resources.find((one) => one.key === 'northwind-app') ?? {}, {
      settings: { path: '/a' },
    });
    expect((await write(moved)).changes).toHaveLength(1);
    Object.assign(moved.resources.find((one) => one.key === 'northwind-app') ?? {}, {
      settings: { path: '/b' },
    });
    expect((await refusal(write(moved))).errors).toEqual([
      {
        pointer: `/catalog/resources/${moved.resources.findIndex((one) => one.key === 'northwind-app')}/settings`,
        detail:
          '1 person holds access on northwind-app: end that first, or it could not be taken away where it is.',
      },
    ]);
    await ledger.owner.db.execute(
      sql`update access_grant set state = 'ended', ended_at = tenure_now(), ended_by = 'rollback' where id = ${grant}`,
    );
    expect((await write(moved)).changes).toHaveLength(1);
  });
});

describe('A catalog in the form of an earlier version', () => {
  it('is followed by the company’s own as the next revision, with the same rows', async () => {
    const other = await ephemeralLedger();
    try {
      await other.owner.db.execute(sql`insert into catalog_revision (number, author, reason, content)
        values (2, 'system', 'Earlier', '{"roles": [], "people": []}')`);
      await expect(readActiveCatalog(other.system.db)).rejects.toThrow(RangeError);
      const ids = () => other.owner.db.execute(sql`select id, key, retired_at from role order by key`);
      const before = [...(await ids())];
      await loadExample({ systemUrl: other.systemUrl, key: other.key, targets: {} });
      expect((await readActiveCatalog(other.system.db)).number).toBe(3);
      expect([...(await ids())]).toEqual(before);
    } finally {
      await other.stop();
    }
  });
});

describe('What a change means for people', () => {
  it('touches those whose roles alone change, and those on whose resource policy looks anew', async () => {
    const { db } = ledger.system;
    const { groups, now } = await readPeopleGroups(db, { singly: false });
    const { catalog } = await active();
    const facts = { ...allAllowed(now), ...(await readPolicyFacts(db, [catalog])) };
    const organizationsOf = (after: Catalog) =>
      new Set(
        impactOn(catalog, after, groups, facts).affected.map((one) => one.customer?.key ?? 'northwind'),
      );
    expect(impactOn(catalog, catalog, groups, facts)).toEqual({
      effects: [],
      affected: [],
      touched: new Map(),
      moved: new Map(),
    });
    const without = structuredClone(catalog);
    for (const one of without.tiers)
      if (one.key === 'free')
        one.allowedRoles = one.allowedRoles.filter((key) => key !== 'customer-administrator');
    for (const one of without.roles)
      if (one.key === 'customer-administrator') Object.assign(one, { includes: [], entitlements: [] });
    const same = structuredClone(catalog);
    for (const one of same.roles)
      if (one.key === 'customer-administrator') Object.assign(one, { includes: [], entitlements: [] });
    expect(impactOn(same, without, groups, facts).effects).toEqual([]);
    expect(impactOn(same, without, groups, facts).affected.map((one) => one.customer?.key)).toEqual([
      'initech',
    ]);
    const elsewhere = structuredClone(catalog);
    for (const one of elsewhere.resources) if (one.key === 'northwind-app') one.region = 'us';
    expect(organizationsOf(elsewhere)).toEqual(new Set(['acme', 'globex', 'initech']));
    const renamed = structuredClone(catalog);
    for (const one of renamed.resources) one.name = `${one.name}!`;
    expect(organizationsOf(renamed)).toEqual(new Set());
  });

  it('is a document that reads back the same after the ledger kept it', async () => {
    const { number, catalog } = await active();
    const [row] = await rows<{ content: unknown }>(
      sql`select content from catalog_revision where number = ${number}`,
    );
    expect(row?.content).toEqual(catalogDocument(catalog));
  });
});

describe('How much may change at once', () => {
  const people = () => readFenceLimit(ledger.system.db, 'people');
  const set = async (limit: Partial<FenceLimit>) => {
    const catalog = await draft();
    Object.assign(catalog.settings.fence.people, limit);
    await write(catalog);
  };

  it('is what was strictest in the last day: who loosens it cannot use that at once, and who tightens it can', async () => {
    const clock = await skippableClock(ledger.ownerUrl);
    try {
      const usual = await people();
      await set({ share: 1, least: 1_000, window: 'PT1M' });
      expect(await people()).toEqual(usual);
      await set({ share: 1, least: 2, window: 'PT1M' });
      expect(await people()).toEqual({ ...usual, least: 2 });
      expect(await readFenceLimit(ledger.system.db, 'source')).toEqual(
        (await active()).catalog.settings.fence.source,
      );
      const start = Date.now();
      await clock.moveTo(start + 23 * 3_600_000);
      expect(await people()).toEqual({ ...usual, least: 2 });
      await set({ share: 0.5, least: 100, window: 'PT1M' });
      // What held for a moment a day ago holds no more, and what was in force until just now does.
      await clock.moveTo(start + 25 * 3_600_000);
      expect(await people()).toEqual({ share: 0.5, least: 2, window: 'PT1M' });
      await clock.moveTo(start + 48 * 3_600_000);
      expect(await people()).toEqual({ share: 0.5, least: 100, window: 'PT1M' });
    } finally {
      await clock.close();
    }
  });
});
