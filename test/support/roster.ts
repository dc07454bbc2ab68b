import { sql } from 'drizzle-orm';
import { pino } from 'pino';
import type { Connector } from '../../activities/connectors/connector.ts';
import type { ActivityDeps } from '../../activities/deps.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { undoPage } from '../../activities/processes/undo.ts';
import { readDefaultPolicies } from '../../bin/policies.ts';
import { prepareLedger } from '../../bin/prepare.ts';
import { deriveKeys } from '../../crypto/keys.ts';
import { seal } from '../../crypto/sealing.ts';
import { type Ledger, openLedger } from '../../db/client.ts';
import { readActiveCatalog } from '../../db/queries/catalog-revision.ts';
import { writeRevision } from '../../db/queries/catalog-write.ts';
import { loadCompany, provideTarget } from '../../db/queries/company.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog } from '../../domain/catalog.ts';
import { newId } from '../../domain/ids.ts';
import { newProcess } from './roster-process.ts';
import { catalogWith, resourceWith, roleWith, tierWith } from './catalog.ts';
import { migratedTemplate } from './ledger.ts';
import { ephemeralPostgres, type EphemeralPostgresOptions } from './postgres.ts';
import { anyOf } from '../../db/queries/texts.ts';

/** A vendor with one customer after another, whose users get what their tier's roles give, on targets of the test's choice. */
export interface Roster {
  /** As the worker signs in. */
  ledger: Ledger;
  /** As the owner, for what only a test does. */
  owner: Ledger;
  systemUrl: string;
  ownerUrl: string;
  key: string;
  deps: ActivityDeps;
  vendorId: string;
  /** Writes the next revision of the catalog; its number. */
  publish(change: (catalog: Catalog) => Catalog): Promise<number>;
  /** A customer with so many users; each is a `member` of its contract unless told otherwise. */
  customer(wish?: { users?: number; tier?: string; contractRole?: string }): Promise<Customer>;
  /** A process at work on these people. */
  process: (wish: Parameters<typeof newProcess>[1]) => Promise<string>;
  stop(): Promise<void>;
}

export interface Customer {
  id: string;
  key: string;
  /** In the order of their ids. */
  people: string[];
}

const key = Buffer.alloc(32, 13).toString('base64url');

/**
 * The catalog: `viewer` signs in to the application; `member` also edits in it and reads the vault; `manager` includes
 * `member` and manages both. `payer` and `approver` conflict. Tier `free` allows `viewer`; `pro` all of them.
 */
export function rosterCatalog(): Catalog {
  const on = (resource: string, connector: string, keys: string[], shared: boolean) =>
    resourceWith(resource, {
      connector,
      target: connector,
      shared,
      owner: 'omar@vendor.example',
      organization: 'vendor',
      entitlements: keys.map((one) => ({ key: one, name: one })),
    });
  return catalogWith({
    resources: [
      on('app', 'app', ['sign-in', 'edit', 'manage', 'pay', 'approve'], true),
      on('vault', 'vault', ['read', 'write'], true),
    ],
    roles: [
      roleWith('viewer', { entitlements: ['app:sign-in'] }),
      roleWith('member', { includes: ['viewer'], entitlements: ['app:edit', 'vault:read'] }),
      roleWith('manager', { includes: ['member'], entitlements: ['app:manage', 'vault:write'] }),
      roleWith('payer', { entitlements: ['app:pay', 'app:sign-in'], conflictsWith: ['approver'] }),
      roleWith('approver', { entitlements: ['app:approve', 'app:sign-in'] }),
      roleWith('keeper', { duties: ['manage-access'] }),
    ],
    tiers: [
      tierWith('free', { seats: null, allowedRoles: ['viewer'], defaultRoles: { member: ['viewer'] } }),
      tierWith('pro', {
        seats: null,
        allowedRoles: ['viewer', 'member', 'manager', 'payer', 'approver'],
        defaultRoles: { member: ['member'], boss: ['manager'], payer: ['payer'], approver: ['approver'] },
      }),
    ],
  });
}

/** Starts it in some seconds. `connectors` are found by the names `app` and `vault`. */
export async function startRoster(
  connectors: Record<string, Connector>,
  options: {
    catalog?: Catalog;
    ledger?: EphemeralPostgresOptions;
    /** Where a target is and what opens it, by the connector's name. */
    targets?: Record<string, { endpoint: Record<string, unknown>; secret: string }>;
    connections?: number;
  } = {},
): Promise<Roster> {
  const server = await ephemeralPostgres({ template: migratedTemplate, ...options.ledger });
  const { systemUrl } = await prepareLedger({ ownerUrl: server.url, key });
  const keys = deriveKeys(key);
  const max = options.connections ?? 10;
  const ledger = openLedger({ url: systemUrl, max, applicationName: 'tenure-test' });
  const owner = openLedger({ url: server.url, max: 2, applicationName: 'tenure-test' });
  const { db } = ledger;
  for (const name of Object.keys(connectors)) {
    const { endpoint, secret } = options.targets?.[name] ?? { endpoint: {}, secret: 'secret' };
    await provideTarget(db, {
      key: name,
      connector: name,
      endpoint,
      sealedSecret: seal(keys.sealing, secret, `target:${name}`),
    });
  }
  await loadCompany(db, companyWith(options.catalog ?? rosterCatalog()), () => []);
  const [vendor] = await db.execute<{ id: string }>(sql`select id from organization where kind = 'vendor'`);
  const { decide, mayHoldMany } = readDefaultPolicies();
  const deps: ActivityDeps = {
    ledger,
    connectors: new Map(Object.entries(connectors)),
    sealing: keys.sealing,
    decide,
    mayHoldMany,
    reach: async () => undefined,
    log: pino({ level: 'silent' }),
  };
  return {
    ledger,
    owner,
    systemUrl,
    ownerUrl: server.url,
    key,
    deps,
    vendorId: vendor?.id ?? '',
    publish: (change) =>
      db.transaction(async (tx) => {
        const { number, catalog } = await readActiveCatalog(tx);
        const written = await writeRevision(tx, {
          catalog: change(structuredClone(catalog)),
          author: actors.system,
          checkConnection: () => [],
          baseRevision: number,
          reason: 'a test',
          organizationId: vendor?.id ?? null,
        });
        return written.number;
      }),
    customer: (wish) => newCustomer(db, wish),
    process: (wish) => newProcess(db, wish),
    async stop() {
      await Promise.all([ledger.close(), owner.close()]);
      await server.stop();
    },
  };
}

function companyWith(catalog: Catalog): Parameters<typeof loadCompany>[1] {
  const nothing = { region: 'eu', customerType: null, approvesVendorAccess: false };
  const nobody = { department: null, manager: null, endsAt: null };
  return {
    catalog,
    organizations: [
      { ...nothing, key: 'vendor', kind: 'vendor', name: 'Vendor', tierKey: null },
      { ...nothing, key: 'first', kind: 'customer', name: 'First', tierKey: catalog.tiers[0]?.key ?? null },
    ],
    people: [
      {
        ...nobody,
        email: 'omar@vendor.example',
        name: 'Omar',
        title: 'Operations',
        organization: 'vendor',
        employment: 'employee',
        roles: ['keeper'],
      },
      {
        ...nobody,
        email: 'ann@first.example',
        name: 'Ann',
        title: 'User',
        organization: 'first',
        employment: 'customer',
        roles: [],
      },
    ],
  };
}

async function newCustomer(
  db: Ledger['db'],
  { users = 1, tier = 'pro', contractRole = 'member' }: Parameters<Roster['customer']>[0] = {},
): Promise<Customer> {
  const id = newId('org');
  const name = id.slice(-12);
  await db.execute(sql`
    insert into organization (id, key, kind, name, region, tier_key, onboarded_at)
    values (${id}, ${name}, 'customer', ${name}, 'eu', ${tier}, tenure_now())`);
  const people = Array.from({ length: users }, () => newId('person'));
  const ids = sql`unnest(${`{${people.join()}}`}::text[])`;
  await db.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select p, ${id}, p || '@customer.example', 'User ' || right(p, 4), 'customer' from ${ids} p`);
  await db.execute(sql`
    insert into membership (person_id, organization_id, contract_role, origin)
    select p, ${id}, ${contractRole}, 'contract' from ${ids} p`);
  return { id, key: name, people };
}

/** Brings about, page by page, until nobody is left to be tried; at most so many pages. */
export async function bringAll(deps: ActivityDeps, processId: string, pages = 100): Promise<void> {
  await untilNobody(deps, processId, ['waiting', 'applying'], pages, (signal) =>
    bringAboutPage(deps, processId, signal, () => undefined),
  );
}

/** Takes back, page by page. */
export async function undoAll(deps: ActivityDeps, processId: string, pages = 100): Promise<void> {
  await deps.ledger.db.execute(
    sql`update process set state = 'undoing' where id = ${processId} and state = 'running'`,
  );
  const states = ['waiting', 'fenced', 'applying', 'done', 'failed'];
  await untilNobody(deps, processId, states, pages, (signal) =>
    undoPage(deps, processId, signal, () => undefined),
  );
}

async function untilNobody(
  { ledger: { db } }: ActivityDeps,
  processId: string,
  states: readonly string[],
  pages: number,
  work: (signal: AbortSignal) => Promise<void>,
): Promise<void> {
  for (let page = 0; page < pages; page += 1) {
    const [left] = await db.execute<{ count: number }>(sql`
      select count(*)::int as count from process_person
      where process_id = ${processId} and state = ${anyOf(states)}`);
    if (left?.count === 0) return;
    await work(new AbortController().signal);
  }
  throw new RangeError(`Somebody is left after ${pages} pages.`);
}
