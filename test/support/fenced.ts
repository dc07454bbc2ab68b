import { sql } from 'drizzle-orm';
import type { ActivityDeps } from '../../activities/deps.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { bringAboutPage } from '../../activities/processes/bring-about.ts';
import { drawUpProcess } from '../../activities/processes/draw-up.ts';
import { takeAwayPage } from '../../activities/processes/take-away.ts';
import { createProcess } from '../../db/queries/process.ts';
import { actors } from '../../domain/audit-event.ts';
import { type ApiHarness, startApi } from './api.ts';
import { customerDeps } from './customer.ts';
import { memoryTarget, sharedMemoryTarget } from './memory-connector.ts';

/** The example company, its API, and its worker's part of processes, step by step and without Temporal. */
export interface Fenced {
  http: ApiHarness;
  deps: ActivityDeps;
  /** A customer with so many users who hold what `contractRole` gives them. Its key. */
  customer(users: number, contractRole?: string): Promise<string>;
  /** Edits the entitlements of a role as Omar. Returns the processes that follow, by the customers' keys, undone yet. */
  edit(role: string, entitlements: readonly string[], who?: string): Promise<Map<string, string>>;
  /** The number of the catalog's newest revision. */
  revision(): Promise<number>;
  /** Does all of a process that can be done now. Returns the phase that it waits in. */
  run(processId: string): Promise<string>;
  /** The same for all that are open. */
  runAll(): Promise<void>;
  /** Something else looks at everybody of a customer. */
  lookAt(customer: string, cause: 'contract' | 'dunning' | 'convergence'): Promise<string>;
  /** The entitlements that each user of a customer holds, in the order of their addresses. */
  held(customer: string): Promise<string[]>;
  /** The open fence of a customer, its items with their people's addresses. */
  fence(customer: string): Promise<{ id: string; items: { id: string; email: string }[] }>;
  /** Decides as Sita, and lets the processes take it up. */
  decide(
    fenceId: string,
    verb: 'release' | 'discarding',
    items?: string[],
  ): Promise<{ returns_to: number | null; stays: string | null }>;
  /** Has the customers made so far have no users any more: later edits are not about them. */
  forget(): Promise<void>;
  stop(): Promise<void>;
}

export const omar = 'omar@northwind.example';
export const sita = 'sita@northwind.example';
const reason = 'a test';

/** Starts it in some seconds. */
export async function startFenced(): Promise<Fenced> {
  const http = await startApi();
  const { db } = http.ledger.system;
  const connectors = new Map([
    ['postgres', memoryTarget()],
    ['webhook', sharedMemoryTarget()],
  ] as const);
  const deps: ActivityDeps = { ...customerDeps(http.ledger), connectors: new Map(connectors) };
  const beat = () => undefined;
  let customers = 0;

  async function run(processId: string): Promise<string> {
    const { signal } = new AbortController();
    for (;;) {
      const { phase, wakeAt } = await assessProcess(deps, processId);
      // What has to be tried again later is left to the next one who runs it.
      if (Date.parse(wakeAt) > Date.now()) return phase;
      if (phase === 'drawing-up') await drawUpProcess(deps, processId, beat);
      else if (phase === 'bringing-about') await bringAboutPage(deps, processId, signal, beat);
      else if (phase === 'taking-away') await takeAwayPage(deps, processId, signal, beat);
      else return phase;
    }
  }

  async function runAll(): Promise<void> {
    for (let turns = 0; turns < 5; turns += 1) {
      const open = await db.execute<{ id: string }>(sql`
        select id from process where due_at <= tenure_now() and (state in ('waiting', 'running') or state = 'fenced' and exists (
          select 1 from process_person w join fence_item i on i.process_id = w.process_id and i.person_id = w.person_id
          where w.process_id = process.id and w.state = 'fenced' and i.state <> 'waiting')) order by id`);
      if (open.length === 0) return;
      for (const { id } of open) await run(id);
    }
  }

  const idOf = async (key: string): Promise<string> => {
    const rows = await db.execute<{ id: string }>(sql`select id from organization where key = ${key}`);
    return rows[0]?.id ?? '';
  };

  return {
    http,
    deps,
    run,
    runAll,
    async customer(users, contractRole = 'member') {
      customers += 1;
      const key = `customer-${customers}`;
      const list = Array.from({ length: users }, (_, at) => ({
        customer: key,
        email: `u${String(at).padStart(2, '0')}@${key}.example`,
        name: `User ${at}`,
        contract_role: contractRole,
      }));
      const company = { key, name: key, customer_type: 'business', tier: 'enterprise', region: 'eu' };
      const made = await http.call(omar, 'POST', '/v1/imports', {
        reason,
        customers: [company],
        users: list,
      });
      if (made.status !== 201) throw new Error(JSON.stringify(made.body));
      await runAll();
      await db.execute(sql`delete from fence_passage`);
      return key;
    },
    async edit(role, entitlements, who = omar) {
      const { body } = await http.call(who, 'GET', '/v1/catalog');
      const { roles } = body.catalog;
      const changed = roles.map((one: { key: string }) =>
        one.key === role ? { ...one, entitlements } : one,
      );
      const applied = await http.call(who, 'POST', '/v1/catalog/revisions', {
        base_revision: body.revision,
        reason,
        catalog: { ...body.catalog, roles: changed },
      });
      if (applied.status !== 201) throw new Error(JSON.stringify(applied.body));
      const processes: { id: string; organization: { key: string } }[] = applied.body.processes;
      return new Map(processes.map(({ id, organization }) => [organization.key, id]));
    },
    async revision() {
      const rows = await db.execute<{ number: number }>(
        sql`select max(number)::int as number from catalog_revision`,
      );
      return rows[0]?.number ?? 0;
    },
    async lookAt(customer, cause) {
      const organizationId = await idOf(customer);
      const wish = { kind: 'role-change', organizationId, cause, wish: { what: 'review' } } as const;
      const { id } = await db.transaction((tx) =>
        createProcess(tx, { ...wish, actor: actors.engine, traceparent: null }),
      );
      await run(id);
      return id;
    },
    async held(customer) {
      const rows = await db.execute<{ names: string }>(sql`
        select coalesce(string_agg(e.key, ' ' order by e.key), '') as names
        from person p join organization o on o.id = p.organization_id
          left join access_grant g on g.person_id = p.id and g.state = 'held' and g.due_at > tenure_now()
          left join entitlement e on e.id = g.entitlement_id
        where o.key = ${customer} group by p.email order by p.email`);
      return rows.map(({ names }) => names);
    },
    async fence(customer) {
      const [fence] = await db.execute<{ id: string }>(sql`
        select f.id from fence f join organization o on o.id = f.organization_id
        where o.key = ${customer} and f.closed_at is null order by f.id`);
      const id = fence?.id ?? '';
      const items = await db.execute<{ id: string; email: string }>(sql`
        select i.id, p.email from fence_item i join person p on p.id = i.person_id
        where i.fence_id = ${id} and i.state = 'waiting' order by p.email`);
      return { id, items: [...items] };
    },
    async decide(fenceId, verb, items) {
      const body = { comment: 'Looked at', ...(items ? { items } : {}) };
      const answer = await http.call(sita, 'POST', `/v1/fences/${fenceId}/${verb}`, body);
      if (answer.status !== 201) throw new Error(JSON.stringify(answer.body));
      await runAll();
      return answer.body;
    },
    async forget() {
      await db.execute(sql`
        update membership set until = greatest("from", tenure_now()) where until is null
          and organization_id in (select id from organization where key like 'customer-%')`);
      await db.execute(sql`update process set state = 'discarded', settled_at = tenure_now()
        where state in ('waiting', 'fenced', 'running') and organization_id in (select id from organization where key like 'customer-%')`);
    },
    stop: () => http.stop(),
  };
}
