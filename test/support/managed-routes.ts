import { sql } from 'drizzle-orm';
import { openProcessTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import { newId } from '../../domain/ids.ts';
import type { ApiHarness } from './api.ts';
import { mappingFixture } from './events.ts';
import { type Role, roleNames, roles } from './matrix.ts';
import { addTo } from './users.ts';

type Params = Record<string, string>;

/** What one route of customers, users, staff, processes, fences, catalog or events is tried with, by every role. */
export interface ManagedCase {
  /** Whom its rule lets through; the others are forbidden, whatever they name. */
  passing: readonly Role[];
  /** Who succeeds. */
  admitted: readonly Role[];
  /** The status of who passes and does not succeed; 404 unless given. */
  otherwise?: number;
  refused?: Partial<Record<Role, number>>;
  /** What the path names, made anew for each try. */
  params?: (http: ApiHarness) => Params | Promise<Params>;
  /** The same for what that role may not know. */
  foreign?: (http: ApiHarness, role: Role) => Params | Promise<Params>;
  body?: (http: ApiHarness, params: Params) => object | Promise<object>;
  query?: string;
}

const everybody = roleNames;
const staff = roleNames.filter((role) => roles[role].endsWith('@northwind.example'));
const managing = ['omar', 'ada'] as const;
const managingAcme = ['omar', 'ada', 'anna'] as const;
/** Who manages the users of some customer. */
const managingUsers = ['omar', 'ada', 'anna', 'gus'] as const;
const reading = ['omar', 'sita', 'ada'] as const;
const ofAcme = everybody.filter((role) => role !== 'gus');

let count = 0;
const next = () => (count += 1);

const acme = () => ({ id: 'acme' });
/** Another customer for a customer's people; for the vendor's, who see all, one that is not there. */
const elsewhere = (_http: ApiHarness, role: Role) => {
  if (role === 'gus') return { id: 'acme' };
  return { id: role === 'anna' || role === 'ulla' ? 'globex' : 'nowhere' };
};

async function joined(http: ApiHarness): Promise<Params & { process: string }> {
  const { body } = await addTo(http, roles.anna, 'acme', `user${next()}@acme.example`);
  return { id: 'acme', person: body.user.person.id, process: body.process.id };
}
async function removed(http: ApiHarness): Promise<Params> {
  const params = await joined(http);
  const path = `/v1/customers/acme/users/${params.person}/removal`;
  await http.call(roles.anna, 'POST', path, { reason: 'A test' });
  return params;
}
const stranger = () => ({ id: 'acme', person: roles.gus });

async function colleague(http: ApiHarness): Promise<Params> {
  const id = newId('person');
  await http.ledger.owner.db.execute(sql`
    insert into person (id, organization_id, email, name, employment)
    select ${id}, id, ${`${id}@northwind.example`}, 'Kai', 'employee' from organization where kind = 'vendor'`);
  return { id };
}

async function former(http: ApiHarness): Promise<Params> {
  const params = await colleague(http);
  await http.ledger.owner.db.execute(
    sql`update person set suspended_at = tenure_now(), offboarded_at = tenure_now() where id = ${params['id'] ?? ''}`,
  );
  return params;
}

async function process(http: ApiHarness, customer: string): Promise<string> {
  const id = newId('proc');
  await http.ledger.owner.db.execute(sql`
    insert into process (id, kind, organization_id, cause)
    select ${id}, 'role-change', id, 'configuration' from organization where key = ${customer}`);
  return id;
}

async function fence(http: ApiHarness): Promise<Params> {
  const [id, processId] = [newId('fence'), await process(http, 'acme')];
  const { db } = http.ledger.owner;
  await db.execute(sql`
    insert into fence (id, kind, subject, organization_id, cause, author, "limit")
    select ${id}, 'people', ${id}, o.id, 'configuration', p.id, 5 from organization o, person p
    where o.key = 'acme' and p.email = ${roles.ada}`);
  await db.execute(sql`
    insert into fence_item (id, fence_id, process_id, person_id, organization_id, difference)
    select ${newId('item')}, ${id}, ${processId}, p.id, p.organization_id, '{"gain": [], "lose": ["northwind-app:use"]}'
    from person p where p.email = 'tom@acme.example'`);
  return { id };
}

async function search(http: ApiHarness): Promise<Params> {
  const id = newId('search');
  await http.ledger.owner.db.execute(sql`
    insert into account_search (id, author, wish) select ${id}, id, '{}' from person where email = ${roles.omar}`);
  return { id };
}

async function task(http: ApiHarness, customer: string): Promise<Params> {
  const processId = await process(http, customer);
  const wish = { kind: 'residue', processId, cause: null, actor: actors.engine } as const;
  const id = await http.ledger.system.db.transaction((tx) => openProcessTask(tx, wish));
  return { id: id ?? '' };
}

async function failedMail(http: ApiHarness): Promise<Params> {
  const id = newId('mail');
  await http.ledger.owner.db.execute(sql`
    insert into mail (id, kind, to_person_id, organization_id, data, state, tries, last_error)
    select ${id}, 'welcome-reminder', id, organization_id, '{}', 'failed', 3, 'address-refused' from person where email = ${roles.ulla}`);
  return { id };
}

async function event(http: ApiHarness): Promise<Params> {
  const id = newId('evt');
  await http.ledger.owner.db.execute(sql`
    insert into inbound_event (id, source, event_id, body, content_type, state)
    values (${id}, 'stripe', ${id}, '{}', 'application/json', 'waiting')`);
  return { id };
}

async function revision(http: ApiHarness): Promise<{ revision: number; catalog: object }> {
  return (await http.call(roles.omar, 'GET', '/v1/catalog')).body;
}
const edit = async (http: ApiHarness) => ({
  base_revision: (await revision(http)).revision,
  reason: 'A test',
});

async function unusedRole(http: ApiHarness): Promise<Params> {
  const params = { part: 'roles', key: `role-${next()}` };
  const body = { ...(await edit(http)), value: { name: 'Nobody’s' } };
  await http.call(roles.omar, 'PUT', `/v1/catalog/roles/${params.key}`, body);
  return params;
}

const reason = () => ({ reason: 'A test' });
const nothing = () => ({});
const roster = () => ({ staff: [{ email: `new${next()}@northwind.example`, name: 'Neo' }] });
const unknown = (id: string) => () => ({ id });

export const managedCases: Record<string, ManagedCase> = {
  listCustomers: { passing: everybody, admitted: everybody },
  getCustomer: { passing: everybody, admitted: ofAcme, params: acme, foreign: elsewhere },
  getFeatures: { passing: everybody, admitted: ofAcme, params: acme, foreign: elsewhere },
  listUsers: {
    passing: [...managingUsers, 'sita'],
    admitted: [...managingAcme, 'sita'],
    params: acme,
    foreign: elsewhere,
  },
  addUser: {
    passing: managingUsers,
    admitted: managingAcme,
    params: acme,
    foreign: elsewhere,
    body: () => ({ email: `new${next()}@acme.example`, name: 'Neo', reason: 'A test' }),
  },
  changeUser: {
    passing: managingUsers,
    admitted: managingAcme,
    params: joined,
    foreign: stranger,
    body: () => ({ roles: ['member'], reason: 'A test' }),
  },
  styleCustomer: {
    passing: managingUsers,
    admitted: managingAcme,
    params: acme,
    foreign: elsewhere,
    body: () => ({ brand_color: `#${String(100_000 + next())}`, shown_name: null }),
  },
  listActivity: {
    passing: [...reading, 'anna', 'gus'],
    admitted: [...reading, 'anna'],
    params: acme,
    foreign: elsewhere,
  },
  reinstateUser: {
    passing: managingUsers,
    admitted: managingAcme,
    params: removed,
    foreign: stranger,
    body: reason,
  },
  removeUser: {
    passing: managingUsers,
    admitted: managingAcme,
    params: joined,
    foreign: stranger,
    body: reason,
  },
  inviteUser: {
    passing: managingUsers,
    admitted: managingAcme,
    params: async (http) => {
      const params = await joined(http);
      const { db } = http.ledger.owner;
      await db.execute(sql`update process set state = 'discarded' where id = ${params.process}`);
      return params;
    },
    foreign: stranger,
    body: nothing,
  },
  changeStaff: {
    passing: managing,
    admitted: managing,
    params: colleague,
    foreign: unknown(roles.anna),
    body: () => ({ department: 'support', reason: 'A test' }),
  },
  offboardPerson: {
    passing: managing,
    admitted: managing,
    params: colleague,
    foreign: unknown(roles.anna),
    body: reason,
  },
  inviteStaff: {
    passing: managing,
    admitted: managing,
    params: colleague,
    foreign: unknown(roles.anna),
    body: reason,
  },
  reinstatePerson: {
    passing: managing,
    admitted: managing,
    params: former,
    foreign: unknown(roles.anna),
    body: reason,
  },
  reviewAccess: {
    passing: managingUsers,
    admitted: managingAcme,
    otherwise: 422,
    params: joined,
    body: (_http, { person = '' }) => ({ lines: [{ person, reason: 'Still needed' }] }),
  },
  listDueReviews: { passing: [...managingUsers, 'sita'], admitted: [...managingUsers, 'sita'] },
  listProcesses: { passing: everybody, admitted: everybody },
  getProcess: {
    passing: everybody,
    admitted: [...reading, 'anna'],
    params: async (http) => ({ id: (await joined(http)).process }),
    foreign: async (http, role) => {
      const seesAll = reading.some((one) => one === role);
      return { id: seesAll ? newId('proc') : await process(http, role === 'gus' ? 'acme' : 'globex') };
    },
  },
  listProcessPeople: {
    passing: everybody,
    admitted: [...reading, 'anna'],
    params: async (http) => ({ id: (await joined(http)).process }),
    foreign: async (http, role) => {
      const seesAll = reading.some((one) => one === role);
      return { id: seesAll ? newId('proc') : await process(http, role === 'gus' ? 'acme' : 'globex') };
    },
  },
  retryProcess: {
    passing: managingUsers,
    admitted: managingAcme,
    params: async (http) => {
      const { process: id } = await joined(http);
      const { db } = http.ledger.owner;
      await db.execute(sql`update process set state = 'running' where id = ${id}`);
      await db.execute(sql`update process set state = 'failed' where id = ${id}`);
      return { id };
    },
    foreign: async (http, role) => ({
      id: role === 'anna' ? await process(http, 'globex') : newId('proc'),
    }),
    body: reason,
  },
  listFences: { passing: reading, admitted: reading },
  getFence: { passing: reading, admitted: reading, params: fence, foreign: () => ({ id: newId('fence') }) },
  listFenceItems: {
    passing: reading,
    admitted: reading,
    params: fence,
    foreign: () => ({ id: newId('fence') }),
  },
  releaseFence: {
    passing: ['omar', 'sita'],
    admitted: ['omar', 'sita'],
    params: fence,
    foreign: () => ({ id: newId('fence') }),
    body: nothing,
  },
  discardFence: {
    passing: ['omar', 'sita'],
    admitted: ['omar', 'sita'],
    params: fence,
    foreign: () => ({ id: newId('fence') }),
    body: () => ({ comment: 'A mistake' }),
  },
  previewImport: { passing: managing, admitted: managing, body: roster },
  getAccountSearch: {
    passing: managing,
    // Whoever asked for it.
    admitted: ['omar'],
    params: search,
    foreign: () => ({ id: newId('search') }),
  },
  applyImport: { passing: managing, admitted: managing, body: () => ({ ...roster(), reason: 'A test' }) },
  getTask: {
    passing: everybody,
    admitted: [...reading, 'anna'],
    params: (http) => task(http, 'acme'),
    foreign: async (http, role) =>
      role === 'anna' || role === 'ulla' ? task(http, 'globex') : { id: newId('task') },
  },
  listMails: { passing: managing, admitted: managing },
  resendMail: {
    passing: managing,
    admitted: managing,
    params: failedMail,
    foreign: () => ({ id: newId('mail') }),
    body: nothing,
  },
  closeTask: {
    passing: everybody,
    admitted: managing,
    // Who sees it and may not close it.
    refused: { sita: 403, anna: 403 },
    params: (http) => task(http, 'acme'),
    foreign: async (http, role) =>
      role === 'anna' || role === 'ulla' ? task(http, 'globex') : { id: newId('task') },
    body: () => ({ comment: 'Seen to' }),
  },
  listPeople: { passing: reading, admitted: reading },
  getPerson: {
    passing: everybody,
    admitted: [...reading, 'anna'],
    params: () => ({ id: 'tom@acme.example' }),
    foreign: (_http, role) => {
      if (reading.some((one) => one === role)) return { id: newId('person') };
      return { id: role === 'gus' ? roles.anna : roles.gus };
    },
  },
  listResources: { passing: staff, admitted: staff },
  getResource: {
    passing: staff,
    admitted: staff,
    params: () => ({ id: 'acme-env' }),
    foreign: () => ({ id: 'nothing-there' }),
  },
  readReach: { passing: reading, admitted: reading, query: 'resource=acme-env' },
  getCatalog: { passing: staff, admitted: staff },
  getConsent: {
    passing: [...managingUsers, 'sita'],
    admitted: [...managingAcme, 'sita'],
    params: acme,
    foreign: elsewhere,
  },
  changeConsent: {
    passing: ['anna', 'gus'],
    admitted: ['anna'],
    params: acme,
    foreign: elsewhere,
    body: () => ({
      rules: [{ classifications: ['restricted'], within: `PT${30 + next()}M`, emergency: 'report' }],
      reason: 'A test',
    }),
  },
  confirmConsentOverride: {
    passing: managing,
    admitted: managing,
    params: acme,
    foreign: () => ({ id: 'nowhere' }),
    body: async (http) => {
      const { db } = http.ledger.owner;
      await db.execute(sql`delete from consent_override`);
      await db.execute(sql`
        insert into consent_override (customer_key, rules, until)
        select 'acme', '[{"classifications": ["public", "internal", "confidential", "restricted"], "within": "PT2H", "emergency": "report"}]',
          tenure_now() + interval '1 hour'`);
      return { base_revision: (await revision(http)).revision, reason: 'A test' };
    },
  },
  listCatalogRevisions: { passing: staff, admitted: staff },
  getCatalogRevision: {
    passing: staff,
    admitted: staff,
    params: () => ({ revision: '1' }),
    foreign: () => ({ revision: '999' }),
  },
  returnCatalog: {
    passing: managing,
    admitted: managing,
    params: () => ({ revision: '1' }),
    foreign: () => ({ revision: '999' }),
    body: edit,
  },
  planCatalog: {
    passing: managing,
    admitted: managing,
    body: async (http) => ({ catalog: (await revision(http)).catalog }),
  },
  applyCatalog: {
    passing: managing,
    admitted: managing,
    body: async (http) => ({ ...(await edit(http)), catalog: (await revision(http)).catalog }),
  },
  putCatalogPart: {
    passing: managing,
    admitted: managing,
    params: () => ({ part: 'roles', key: `role-${next()}` }),
    body: async (http) => ({ ...(await edit(http)), value: { name: 'Nobody’s' } }),
  },
  removeCatalogPart: {
    passing: managing,
    admitted: managing,
    params: unusedRole,
    foreign: () => ({ part: 'roles', key: 'nobody' }),
    body: edit,
  },
  listEffectiveEntitlements: {
    passing: everybody,
    admitted: [...reading, 'anna'],
    otherwise: 422,
    query: `person=${roles.anna}`,
  },
  listEvents: { passing: managing, admitted: managing },
  getEvent: { passing: managing, admitted: managing, params: event, foreign: () => ({ id: newId('evt') }) },
  replayEvent: {
    passing: managing,
    admitted: managing,
    params: event,
    foreign: () => ({ id: newId('evt') }),
    body: nothing,
  },
  discardEvent: {
    passing: managing,
    admitted: managing,
    params: event,
    foreign: () => ({ id: newId('evt') }),
    body: reason,
  },
  listServiceTokens: { passing: managing, admitted: managing },
  makeServiceToken: {
    passing: managing,
    admitted: managing,
    body: () => ({ label: `Application ${next()}` }),
  },
  revokeServiceToken: {
    passing: managing,
    admitted: managing,
    params: async (http) => {
      const { body } = await http.call(roles.omar, 'POST', '/v1/service-tokens', { label: 'For the matrix' });
      return { id: body.id };
    },
    foreign: () => ({ id: newId('svt') }),
    body: () => ({}),
  },
  listEventSources: { passing: managing, admitted: managing },
  getEventSource: {
    passing: managing,
    admitted: managing,
    params: () => ({ key: 'stripe' }),
    foreign: () => ({ key: 'nowhere' }),
  },
  putEventSource: {
    passing: managing,
    admitted: managing,
    params: () => ({ key: 'stripe' }),
    body: () => ({ scheme: 'stripe', mapping: mappingFixture('stripe') }),
  },
  addEventSourceSecret: {
    passing: managing,
    admitted: managing,
    params: () => ({ key: 'stripe' }),
    foreign: () => ({ key: 'nowhere' }),
    body: nothing,
  },
  replayEventSource: {
    passing: managing,
    admitted: managing,
    params: () => ({ key: 'stripe' }),
    foreign: () => ({ key: 'nowhere' }),
    body: nothing,
  },
  // Nobody signs in: who has the secret alone is heard.
  receiveEvent: {
    passing: everybody,
    admitted: [],
    otherwise: 401,
    params: () => ({ id: 'erp' }),
    body: nothing,
  },
};
