import { type Executor, together } from '../../db/client.ts';
import { type ActiveCatalog, readActiveCatalog, readCatalogOf } from '../../db/queries/catalog-revision.ts';
import {
  addEverybody,
  addInvited,
  addPerson,
  applyTerms,
  countPeople,
  type Customer,
  followContractRoles,
  lockCustomer,
  noteDrawnUp,
  noteTerms,
  peopleToPass,
  restoreCustomer,
} from '../../db/queries/draw-up.ts';
import { addFirstUsers, type NamedUser } from '../../db/queries/first-users.ts';
import { forgetKept, forgetKeptOfCustomer, readPendingBefore } from '../../db/queries/held-back.ts';
import { isInvitation, lockProcess, moveProcess, type ProcessView } from '../../db/queries/process.ts';
import { openProcessTask } from '../../db/queries/task.ts';
import { actors } from '../../domain/audit-event.ts';
import type { Catalog, CustomerType } from '../../domain/catalog.ts';
import { rolesOf } from '../../domain/catalog-tier.ts';
import type { ActivityDeps } from '../deps.ts';
import { isFenced, passPage } from './pass-fence.ts';

const pageSize = 200;

/**
 * A process begins: what was agreed becomes facts, whom it concerns is written down, and a fence looks at it. Each page is a
 * transaction of its own, and only the last of them lets the next chapter begin: a worker that dies goes on where it was.
 * Nothing is done for a process whose time has not come, that waits behind a fence or that is drawn up already.
 */
export async function drawUpProcess(deps: ActivityDeps, processId: string, beat: () => void): Promise<void> {
  const { db } = deps.ledger;
  const page = async (work: (tx: Executor, process: ProcessView) => Promise<void>) => {
    beat();
    await db.transaction(async (tx) => {
      const process = await lockBegun(tx, processId);
      if (process) await work(tx, process);
    });
  };
  const begun = await beginInTurn(deps, processId, beat);
  if (!begun) return;
  const { emails } = begun;
  let from = 0;
  for (; from + pageSize < emails.length; from += pageSize)
    await page((tx, process) => addUsers(tx, process, emails.slice(from, from + pageSize)));
  await page(async (tx, process) => {
    if (from < emails.length) await addUsers(tx, process, emails.slice(from));
    await addOthers(tx, process);
    if (!begun.isFenced) await complete(tx, process);
  });
  if (!begun.isFenced) return;
  for (let after = ''; ; ) {
    const ids = await peopleToPass(db, processId, after, pageSize);
    const last = ids.at(-1);
    if (last === undefined) break;
    await page((tx, process) => passPage(deps, tx, process, ids));
    after = last;
  }
  await page(complete);
}

/**
 * A fence looks at edits in the order in which they were accepted, so that each shows what it changes itself, to those who may
 * decide on it.
 */
async function beginInTurn(deps: ActivityDeps, processId: string, beat: () => void): Promise<Begun | null> {
  for (;;) {
    const begun = await deps.ledger.db.transaction((tx) => begin(tx, processId));
    if (!begun || 'emails' in begun) return begun;
    for (const id of begun.before) await drawUpProcess(deps, id, beat);
  }
}

/** What a draw-up goes on with. */
interface Begun {
  /** Whom the contract names, in the order in which they take seats. */
  emails: string[];
  isFenced: boolean;
}

/**
 * The facts, once, under the catalog of this moment; null when it is not, or not yet, to be drawn up. `before`: ids of those whose
 * turn it is first.
 */
async function begin(tx: Executor, processId: string): Promise<Begun | { before: string[] } | null> {
  const process = await lockProcess(tx, processId);
  if (!process?.isDue || process.isDrawnUp) return null;
  if (process.state !== 'waiting' && process.state !== 'running') return null;
  const before =
    process.kind === 'role-change' && isFenced(process) ? await readPendingBefore(tx, process) : [];
  if (before.length > 0) return { before };
  const [customer, catalog] = await together([
    lockCustomer(tx, process.organizationId),
    catalogFor(tx, process),
  ]);
  if (!customer) return null;
  if (process.catalogRevision === null) {
    await together([
      noteTerms(tx, process, catalog),
      asksAnew(process) ? forgetKept(tx, [process.personId]) : null,
      beginsLate(process) ? null : moveProcess(tx, processId, ['waiting'], 'running'),
    ]);
    if (!(await takeOver(tx, process, customer, catalog.catalog))) return null;
  }
  const users = inOrderOfSeats(process, customer, catalog.catalog);
  if (isFenced(process) || users.length > pageSize)
    return { emails: users.map(({ email }) => email), isFenced: isFenced(process) };
  // Most processes are about a page of people and pass no fence: this is all there is to them.
  if (users.length > 0) await seat(tx, process, users, catalog.catalog);
  await addOthers(tx, process);
  await complete(tx, process);
  return null;
}

/**
 * Nothing is given or taken before a fence has looked at all of it, or somebody's end is complete on paper. What a contract
 * says is at work as soon as it is a fact: a newer event no longer takes its place.
 */
function beginsLate(process: ProcessView): boolean {
  return process.kind === 'offboarding' || isFenced(process);
}

/** Whether somebody asks for a change of one person: what was dropped for them does not stand in its way. */
function asksAnew(process: ProcessView): process is ProcessView & { personId: string } {
  const { personId, requestedBy, kind } = process;
  return personId !== null && requestedBy !== null && kind !== 'offboarding' && !isInvitation(process);
}

/** The process while it is being drawn up. */
async function lockBegun(tx: Executor, processId: string): Promise<ProcessView | null> {
  const process = await lockProcess(tx, processId);
  if (!process || process.isDrawnUp) return null;
  const isBegun = process.state === 'running' || (process.state === 'waiting' && beginsLate(process));
  return isBegun ? process : null;
}

/** One that has begun goes on under the catalog that it began with. */
async function catalogFor(tx: Executor, { catalogRevision }: ProcessView): Promise<ActiveCatalog> {
  const known = catalogRevision === null ? null : await readCatalogOf(tx, catalogRevision);
  return known ?? readActiveCatalog(tx);
}

/** False when there is no way on: a tier that the catalog has not got. */
async function takeOver(
  tx: Executor,
  process: ProcessView,
  customer: Customer,
  catalog: Catalog,
): Promise<boolean> {
  const { wish, kind } = process;
  const effects = wish.effects ?? [];
  const isBack = wish.again || effects.includes('recovered') || effects.includes('onboarded');
  if (isBack && customer.isAway)
    await restoreCustomer(tx, customer, effects.includes('recovered') ? 'recovered' : 'onboarded');
  if (!wish.terms || kind === 'offboarding') return true;
  const { tier } = wish.terms;
  if (tier !== null && !catalog.tiers.some((one) => one.key === tier)) {
    await giveUp(tx, process, 'unknown-tier');
    return false;
  }
  await applyTerms(tx, { customer, terms: wish.terms, type: typeOf(catalog, customer, wish.terms.tier) });
  if (kind !== 'role-change') return true;
  // What a list had said of the customer is overtaken by the contract's own word, also where it was dropped.
  if (process.cause === 'contract') await forgetKeptOfCustomer(tx, customer.id);
  await followContractRoles(tx, customer, wish.newRoles ?? []);
  return true;
}

async function giveUp(tx: Executor, process: ProcessView, cause: string): Promise<void> {
  await moveProcess(tx, process.id, ['waiting'], 'running');
  await moveProcess(tx, process.id, ['running'], 'failed', { lastError: cause });
  const kind = process.kind === 'onboarding' ? 'onboarding' : 'role-change';
  await openProcessTask(tx, { kind, processId: process.id, cause, actor: actors.engine });
}

/** What the customer began as; of a new one the first type, by key, for its tier, sooner one for its region. */
function typeOf(catalog: Catalog, customer: Customer, tier: string | null): CustomerType | null {
  const known = catalog.customerTypes.find((one) => one.key === customer.type);
  if (known || customer.isOnboarded) return known ?? null;
  const region = customer.terms?.region ?? customer.region;
  const fitting = catalog.customerTypes
    .filter((one) => one.tier === (tier ?? customer.tier) && (one.region === null || one.region === region))
    .toSorted((a, b) => Number(a.region === null) - Number(b.region === null) || (a.key < b.key ? -1 : 1));
  return fitting[0] ?? null;
}

/** Of an onboarding of a whole customer those whom its contract names, by their addresses. */
function usersOf(process: ProcessView, customer: Customer, catalog: Catalog): Map<string, NamedUser> {
  const { kind, personId, cause, wish } = process;
  // Those of an import stand beside it already.
  if (kind !== 'onboarding' || personId !== null || cause === 'roster' || wish.people === 'affected')
    return new Map();
  const tierKey = tierOf(process, customer);
  const tier = catalog.tiers.find((one) => one.key === tierKey);
  const type = typeOf(catalog, customer, tierKey);
  return new Map(
    (customer.terms?.people ?? []).map(({ email, name, role }) => {
      const hasDefault = Object.hasOwn(tier?.defaultRoles ?? {}, role);
      const user = {
        email: email.toLowerCase(),
        name: name ?? email.slice(0, email.indexOf('@')),
        contractRole: role,
        givenRoles: hasDefault ? [] : (type?.firstRoles ?? []),
      };
      return [user.email, user] as const;
    }),
  );
}

/** Whoever can administer takes a seat first. */
function inOrderOfSeats(process: ProcessView, customer: Customer, catalog: Catalog): NamedUser[] {
  const tier = tierOf(process, customer);
  const administrators = new Set(
    catalog.roles.filter((role) => role.duties.includes('administer-customer')).map((role) => role.key),
  );
  const canAdminister = ({ contractRole, givenRoles: roles }: NamedUser) =>
    rolesOf(
      catalog,
      { roles, customer: { key: customer.key, tier, contractRole, restricted: false } },
      process.now,
    ).some((role) => administrators.has(role));
  const users = [...usersOf(process, customer, catalog).values()];
  return users.toSorted((a, b) => Number(canAdminister(b)) - Number(canAdminister(a)));
}

function tierOf({ wish }: ProcessView, customer: Customer): string {
  return wish.terms?.tier ?? customer.tier ?? '';
}

/** As the contract names them at this moment: whom it has dropped since the last page is not added any more. */
async function addUsers(tx: Executor, process: ProcessView, emails: readonly string[]): Promise<void> {
  const customer = await lockCustomer(tx, process.organizationId);
  if (!customer) return;
  const { catalog } = await catalogFor(tx, process);
  const named = usersOf(process, customer, catalog);
  const users = emails.flatMap((email) => named.get(email) ?? []);
  await seat(tx, process, users, catalog);
}

/** Under the lock on the customer. */
async function seat(
  tx: Executor,
  process: ProcessView,
  users: readonly NamedUser[],
  catalog: Catalog,
): Promise<void> {
  const { elsewhere, seatless } = await addFirstUsers(tx, process, users, catalog);
  const about = { processId: process.id, actor: actors.engine } as const;
  for (const personId of elsewhere)
    await openProcessTask(tx, { ...about, kind: 'onboarding', personId, cause: 'email-taken' });
  if (seatless > 0) await openProcessTask(tx, { ...about, kind: 'seats', cause: 'no-seat-left' });
}

/** Whom it is about beside these: the one it names, those who stand beside it already, or everybody. */
async function addOthers(tx: Executor, process: ProcessView): Promise<void> {
  const { id, kind, personId, wish } = process;
  if (personId !== null)
    await (isInvitation(process) ? addInvited(tx, id, personId) : addPerson(tx, id, personId));
  else if (kind === 'role-change' && wish.people !== 'affected' && (await countPeople(tx, id)) === 0)
    await addEverybody(tx, process);
}

/** A whole customer that leaves has its people written down as they are ordered out. */
async function complete(tx: Executor, process: ProcessView): Promise<void> {
  if (beginsLate(process)) await moveProcess(tx, process.id, ['waiting'], 'running');
  if (process.kind !== 'offboarding') await noteDrawnUp(tx, process.id);
}
