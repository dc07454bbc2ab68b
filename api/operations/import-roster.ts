import { type Executor, within } from '../../db/client.ts';
import { assignManagers, recordImport, takeImportTurn } from '../../db/queries/import-write.ts';
import { TenureError } from '../../domain/errors.ts';
import { addressOf, type Roster, type RosterProblem } from '../../domain/roster.ts';
import type { ApiDeps } from '../deps.ts';
import { type Outside, outside } from '../outside.ts';
import { actorOf, type PersonPrincipal, scopeOf } from '../principal.ts';
import { transact } from '../transact.ts';
import { offboardMissing, writeCustomers, writeStaff, writeUsers } from './import-facts.ts';
import type { Import, Made } from './import-stories.ts';
import { seekAccounts } from './import-accounts.ts';
import { planRoster } from './import-plan.ts';
import { fieldErrorOf, isNothing, reportOf, type RosterReport, summaryOf } from './import-report.ts';

/** What an import would do, and where to hear of accounts that are there already. */
export interface PreviewedImport extends RosterReport {
  /** Id of what the workers were asked; null: nobody gains anything. */
  search: string | null;
}

/**
 * Says what an import would do, and what is wrong with its lists. Nothing is written, but for the question which accounts there
 * are in targets already.
 */
export async function previewImport(
  deps: ApiDeps,
  caller: PersonPrincipal,
  roster: Roster,
): Promise<Outside<PreviewedImport>> {
  return within(deps.ledger, scopeOf(caller), async (tx) => {
    const plan = await planRoster(tx, { caller, approverRoles: deps.approverRoles }, roster);
    const report = await reportOf(tx, plan);
    return outside({ ...report, search: await seekAccounts(tx, caller, plan) });
  });
}

/** What an import did. */
export interface AppliedImport extends RosterReport {
  /** Null: everything was so already, and nothing was written. */
  id: string | null;
  /** Ids of the processes that bring it about. */
  processes: string[];
}

/** So many people in one transaction, and in one process: a process that fails is taken back as a whole. */
const pageSize = 200;

/**
 * Takes a company's lists over: what they say becomes facts at once, and processes bring what people hold in line with them.
 * What their accounts hold in targets already is adopted there, and nobody is written to. Nothing is done while anything is
 * wrong. Each page is a transaction of its own with everything that belongs to it; what is broken off half-way goes on when
 * it is imported again, for what is so already is left alone.
 * @throws TenureError `invalid-input` naming every row that is wrong
 */
export async function applyImport(
  deps: ApiDeps,
  caller: PersonPrincipal,
  roster: Roster,
  reason: string,
): Promise<Outside<AppliedImport>> {
  const { plan, report } = await planned(deps, caller, roster);
  refuse(plan.problems);
  if (isNothing(report)) return outside({ ...report, id: null, processes: [] });
  const { approverRoles } = deps;
  const traceparent = deps.trace?.() ?? null;
  const run: Import = { caller, approverRoles, actor: actorOf(caller), reason, traceparent };
  const processes: string[] = [];
  const page = async (work: (tx: Executor) => Promise<Made>): Promise<void> => {
    const made = await transact(deps, caller, null, async (tx) => {
      await takeImportTurn(tx);
      const { lines, ...answer } = await work(tx);
      return { answer, lines };
    });
    processes.push(...made.processes);
  };
  let id: string | null = null;
  await page(async (tx) => {
    id = await recordImport(tx, run, { organizationId: caller.organization.id, summary: summaryOf(report) });
    return writeCustomers(tx, run, roster.customers);
  });
  const changed = <T extends { change: string }>(rows: readonly T[]) =>
    rows.filter(({ change }) => change !== 'unchanged');
  for (const rows of pagesOf(changed(plan.staff))) await page((tx) => writeStaff(tx, run, rows));
  const managed = plan.staff.filter(({ change, fields }) => change === 'new' || fields.includes('manager'));
  if (managed.length > 0) await page((tx) => writeManagers(tx, managed));
  const users = changed(plan.users);
  for (const customer of new Set(users.map((one) => one.customer)))
    for (const rows of pagesOf(users.filter((one) => one.customer === customer)))
      await page((tx) => writeUsers(tx, run, rows));
  for (const people of pagesOf(plan.leaving.users))
    await page((tx) => offboardMissing(tx, run, people, 'removal'));
  for (const people of pagesOf(plan.leaving.staff))
    await page((tx) => offboardMissing(tx, run, people, 'leaving'));
  return outside({ ...report, id, processes });
}

async function writeManagers(
  tx: Executor,
  staff: readonly { email: string; manager: string | null }[],
): Promise<Made> {
  const people = staff.map(({ email, manager }) => ({ email, manager: manager && addressOf(manager) }));
  await assignManagers(tx, people);
  return { processes: [], lines: [] };
}

function planned(deps: ApiDeps, caller: PersonPrincipal, roster: Roster) {
  return within(deps.ledger, scopeOf(caller), async (tx) => {
    const plan = await planRoster(tx, { caller, approverRoles: deps.approverRoles }, roster);
    return { plan, report: await reportOf(tx, plan) };
  });
}

function refuse(problems: readonly RosterProblem[]): void {
  if (problems.length === 0) return;
  throw new TenureError(
    'invalid-input',
    'Nothing was imported: something is wrong with the lists.',
    problems.map(fieldErrorOf),
  );
}

function pagesOf<T>(rows: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(rows.length / pageSize) }, (_, page) =>
    rows.slice(page * pageSize, (page + 1) * pageSize),
  );
}
