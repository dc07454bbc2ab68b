import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { ConnectorError } from '../../activities/connectors/errors.ts';
import { assessProcess } from '../../activities/processes/assess.ts';
import { listProcessPeople } from '../../db/queries/process-people.ts';
import { listTasks } from '../../db/queries/task.ts';
import { memoryTarget, type MemoryTarget, sharedMemoryTarget } from '../support/memory-connector.ts';
import { tellProcess } from '../support/processes.ts';
import { bringAll, type Roster, startRoster } from '../support/roster.ts';

// A connector that refuses a whole customer leaves one task with a number, not one for each of its users.

const targets: Record<'app' | 'vault', MemoryTarget> = { app: sharedMemoryTarget(), vault: memoryTarget() };
let roster: Roster;
beforeAll(async () => {
  roster = await startRoster(targets);
});
beforeEach(() => {
  for (const target of Object.values(targets)) target.before = async () => undefined;
});
afterAll(() => roster?.stop());

const db = () => roster.ledger.db;
const viewer = { personId: '', organizationId: '', seesAll: true, administers: false, manages: true };

async function failing(
  users: number,
  codeOf: (account: string) => 'target-refused' | 'misconfigured' | null,
) {
  const { id: organizationId, people } = await roster.customer({ users });
  targets.app.before = async (change) => {
    const code = codeOf(change.holding.account);
    if (code) throw new ConnectorError(code);
  };
  const processId = await roster.process({ organizationId, people });
  await bringAll(roster.deps, processId);
  await assessProcess(roster.deps, processId);
  const page = await listTasks(db(), viewer, { process: processId }, { limit: 50, after: null });
  return { processId, people, tasks: page.items };
}

it('one task for each cause, with how many it is about, and all of them can be listed', async () => {
  const odd = new Set<string>();
  const { processId, people, tasks } = await failing(60, (account) => {
    if (odd.size < 2) odd.add(account);
    return odd.has(account) ? 'misconfigured' : 'target-refused';
  });
  expect(await tellProcess(db(), processId)).toMatchObject({ state: 'residue', people: { failed: 60 } });
  const told = tasks.map(({ kind, person, people: many, cause }) => ({ kind, person, many, cause }));
  expect(told.toSorted((a, b) => (a.many ?? 0) - (b.many ?? 0))).toEqual([
    { kind: 'role-change', person: null, many: 2, cause: 'misconfigured' },
    { kind: 'role-change', person: null, many: 58, cause: 'target-refused' },
  ]);
  const listed: string[] = [];
  for (let after: string | null = null; ; ) {
    const page = await listProcessPeople(db(), processId, { state: 'failed' }, { limit: 25, after });
    listed.push(...page.items.map(({ person }) => person.id));
    after = page.next;
    if (after === null) break;
  }
  expect(listed).toEqual(people.toSorted());
  const done = await listProcessPeople(db(), processId, { state: 'done' }, { limit: 25, after: null });
  expect(done.items).toEqual([]);
  // Closing them ends it, as ever.
  await db().execute(sql`update task set closed_at = tenure_now() where process_id = ${processId}`);
});

it('one that is about a single person names them', async () => {
  let only = '';
  const { people, tasks } = await failing(3, (account) => {
    only ||= account;
    return account === only ? 'target-refused' : null;
  });
  expect(tasks).toMatchObject([
    { kind: 'role-change', person: { id: only }, people: null, cause: 'target-refused' },
  ]);
  expect(people).toContain(only);
});
